import { setTimeout as sleep } from 'node:timers/promises';
import type { ServedGateway } from './gateway.ts';

/** An instance that found Redis slow counts by itself for about so long. */
const PAUSE_MS = 1000;
const ATTEMPTS = 10;

/**
 * Makes an attempt while Redis answers in time. On a machine that is too busy it may not, and a function then counts by
 * itself: such an attempt says nothing of common limits, and another one is made. Each needs a client of its own.
 */
export async function whileRedisAnswers<T>(gateway: ServedGateway, attempt: (index: number) => Promise<T>): Promise<T> {
  for (let index = 1; index <= ATTEMPTS; index += 1) {
    const before = gateway.requestLines().length;
    const result = await attempt(index);
    await gateway.settled();
    const lines = gateway.requestLines().slice(before);
    if (!lines.some(({ limits_local }) => limits_local === true)) return result;
    await sleep(PAUSE_MS);
  }
  throw new Error(`Redis was lost in each of ${ATTEMPTS} attempts`);
}
