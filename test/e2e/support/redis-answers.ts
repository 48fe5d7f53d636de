import { setTimeout as sleep } from 'node:timers/promises';
import type { ServedGateway } from './gateway.ts';

/** A function that found Redis slow counts by itself for a second. */
const COOLDOWN_MS = 1000;
const ATTEMPTS = 5;

/**
 * Makes an attempt while Redis answers in time. On a machine that is too busy it may not, and a function then counts by
 * itself: such an attempt says nothing of common limits, and another one is made. Each needs a client of its own.
 */
export async function whileRedisAnswers<T>(gateway: ServedGateway, attempt: (index: number) => Promise<T>): Promise<T> {
  const said = () => gateway.lines().filter(({ message }) => /^redis /.test(String(message))).length;
  for (let index = 1; index <= ATTEMPTS; index += 1) {
    const before = said();
    const result = await attempt(index);
    await gateway.settled();
    if (said() === before) return result;
    await sleep(COOLDOWN_MS);
  }
  throw new Error(`Redis was lost in each of ${ATTEMPTS} attempts`);
}
