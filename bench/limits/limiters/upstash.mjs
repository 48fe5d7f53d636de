import { hash } from 'node:crypto';
import { Ratelimit } from '@upstash/ratelimit';

/**
 * Its sliding window, over ioredis in place of its own client, which speaks HTTP to its own service. Without its
 * in-memory cache of refused clients: what is compared are stores that many processes share.
 */
export function makeLimiter(redis, { limit, windowMs }) {
  const limiter = new Ratelimit({
    redis: clientOver(redis),
    limiter: Ratelimit.slidingWindow(limit, `${windowMs} ms`),
    ephemeralCache: false,
  });
  return { ask: async (client) => (await limiter.limit(client)).success };
}

/** What the limiter calls of its client, and no more. */
function clientOver(redis) {
  const loaded = new Map();
  return {
    evalsha: (hash, keys, args) => redis.evalsha(loaded.get(hash) ?? hash, keys.length, ...keys, ...args),
    eval: async (script, keys, args) => {
      // A flag that only its own service knows; Redis refuses a script that has it.
      const text = script.replace(' flags=allow-key-locking', '');
      loaded.set(hash('sha1', script), await redis.script('LOAD', text));
      return redis.eval(text, keys.length, ...keys, ...args);
    },
  };
}
