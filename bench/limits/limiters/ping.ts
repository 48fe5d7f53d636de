import type { MakeLimiter } from '../limiter.ts';

/** A floor: one round trip that does nothing. */
export const makeLimiter: MakeLimiter = (redis) => ({ ask: async () => (await redis.ping()) === 'PONG' });
