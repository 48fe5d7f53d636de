import RedisStore from '@fastify/rate-limit/store/RedisStore.js';

/** The store alone, called as the plugin calls it. */
export function makeLimiter(redis, { limit, windowMs }) {
  const store = new RedisStore(false, false, redis);
  return {
    ask: (client) =>
      new Promise((resolve, reject) => {
        store.incr(
          client,
          (error, counted) => (error ? reject(error) : resolve(counted.current <= limit)),
          windowMs,
          limit,
        );
      }),
  };
}
