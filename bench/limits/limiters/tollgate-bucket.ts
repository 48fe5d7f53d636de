import { bucketLimit } from '../../../test/support/policy.ts';
import type { MakeLimiter } from '../limiter.ts';
import { tollgate } from './tollgate.ts';

/** A bucket that holds the limit and is filled again in the time of a window. */
export const makeLimiter: MakeLimiter = (redis, { limit, windowMs }) =>
  tollgate(redis, [bucketLimit((1000 * limit) / windowMs, limit)], []);
