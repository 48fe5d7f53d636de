import type { Redis } from 'ioredis';
import type { MakeLimiter } from '../limiter.ts';

type Constant = { constant(key: string, limit: number, windowMs: number): Promise<unknown> };

/** The floor of everything that decides by a script: one that reads nothing and answers the same. */
export const makeLimiter: MakeLimiter = (redis, { limit, windowMs }) => {
  redis.defineCommand('constant', { numberOfKeys: 1, lua: 'return 1' });
  const client = redis as Redis & Constant;
  return { ask: async (name) => (await client.constant(`constant:${name}`, limit, windowMs)) === 1 };
};
