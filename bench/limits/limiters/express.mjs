import { RedisStore } from 'rate-limit-redis';

/** The store alone, called as express-rate-limit calls it. */
export async function makeLimiter(redis, { limit, windowMs }) {
  const store = new RedisStore({ sendCommand: (...words) => redis.call(...words) });
  await store.init({ windowMs });
  return { ask: async (client) => (await store.increment(client)).totalHits <= limit };
}
