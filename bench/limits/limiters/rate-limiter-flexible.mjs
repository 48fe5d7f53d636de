import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Its window has whole seconds. */
export function makeLimiter(redis, { limit, windowMs }) {
  const limiter = new RateLimiterRedis({ storeClient: redis, points: limit, duration: windowMs / 1000 });
  return {
    ask: (client) =>
      limiter.consume(client).then(
        () => true,
        (refusal) => {
          if (refusal instanceof RateLimiterRes) return false;
          throw refusal;
        },
      ),
  };
}
