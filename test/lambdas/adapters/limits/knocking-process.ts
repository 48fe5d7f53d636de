import { setTimeout as pause } from 'node:timers/promises';
import {
  connectRedis,
  firstConnection,
  type RedisEndpoint,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { redisLimiter, requestOf } from '../../../support/limits/redis-limiter.ts';
import { record } from '../../../support/redis/recorded-script.ts';

// A process of its own that asks as often and as fast as its parent says, and tells how often each client was admitted.

export interface Attack {
  /** The calls go to them in turn. */
  readonly victims: readonly Victim[];
  readonly calls: number;
  /**
   * `burst`: all calls at once. `drip`: one after the other. `edges`: some just before a full second of the clock and some
   * just after it, twice. `trickle`: one each few milliseconds.
   */
  readonly rhythm: 'burst' | 'drip' | 'edges' | 'trickle';
}

/** A client whose limits are to be broken. */
export interface Victim {
  readonly client: string;
  readonly policies: readonly LimitPolicy[];
  readonly cost: number;
}

/** How often each client was let pass. */
export type Admitted = Readonly<Record<string, number>>;

const EDGE_MS = 8;
const TRICKLE_MS = 5;

const [endpoint, skewMs] = JSON.parse(process.argv[2] ?? '') as [RedisEndpoint, number];
const realNow = Date.now;
Date.now = () => realNow() + skewMs;

const redis = connectRedis(endpoint, () => undefined);
const limiter = redisLimiter(record(redis));
await firstConnection(redis);
process.on('message', async (attack: Attack) => process.send?.(await carryOut(attack)));
process.on('disconnect', () => redis.disconnect());
process.send?.('ready');

async function carryOut({ victims, calls, rhythm }: Attack): Promise<Admitted> {
  const admitted: Record<string, number> = {};
  const asked: Promise<void>[] = [];
  for (let call = 0; call < calls; call += 1) {
    asked.push(ask(victims[call % victims.length] as Victim, `${process.pid}-${call}`, admitted));
    if (rhythm === 'drip') await asked.at(-1);
    if (rhythm === 'trickle') await pause(TRICKLE_MS);
    if (rhythm === 'edges' && call % (calls / 4) === 0) await nextEdge();
  }
  await Promise.all(asked);
  return admitted;
}

async function ask({ client, policies, cost }: Victim, lease: string, admitted: Record<string, number>): Promise<void> {
  const { outcome } = await limiter.decide(requestOf(client, policies, cost, lease));
  if (outcome === 'allowed') admitted[client] = (admitted[client] ?? 0) + 1;
}

/** Just before or just after a full second, whichever is next. */
async function nextEdge(): Promise<void> {
  const intoMs = realNow() % 1000;
  const next = [EDGE_MS, 1000 - EDGE_MS, 1000 + EDGE_MS].find((ms) => ms > intoMs + 1) ?? 1000;
  await pause(next - intoMs);
}
