import type { MakeLimiter } from '../limiter.ts';

/**
 * The article's limiter with its habits kept, since they are what is measured: four commands in a pipeline that is not
 * atomic, the caller's clock, and refused requests that count.
 */
export const makeLimiter: MakeLimiter = (redis, { limit, windowMs }) => ({
  ask: async (client) => {
    const nowMs = Date.now();
    const key = `rl:${client}`;
    const replies = await redis
      .pipeline()
      .zremrangebyscore(key, '-inf', nowMs - windowMs)
      .zadd(key, String(nowMs), `${nowMs}-${Math.random()}`)
      .zcard(key)
      .expire(key, Math.ceil(windowMs / 1000))
      .exec();
    const [error, requests] = replies?.[2] ?? [];
    if (error) throw error;
    return Number(requests) <= limit;
  },
  fill: async (client, units) => {
    const nowMs = Date.now();
    for (let left = units; left > 0; left -= MEMBERS_A_COMMAND) {
      const members = Array.from({ length: Math.min(left, MEMBERS_A_COMMAND) }, () => [
        nowMs,
        `${nowMs}-${Math.random()}`,
      ]);
      await redis.zadd(`rl:${client}`, ...members.flat());
    }
  },
});

const MEMBERS_A_COMMAND = 1000;
