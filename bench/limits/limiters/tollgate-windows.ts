import { windowLimit } from '../../../test/support/policy.ts';
import type { MakeLimiter } from '../limiter.ts';
import { tollgate } from './tollgate.ts';

/** What many requests count for together is never reached. */
const PLENTY = 1_000_000_000;

/** As many of five windows as `limits` says: of the client, its address, its tenant, the service, the whole gateway. */
export const makeLimiter: MakeLimiter = (redis, { limit, windowMs, limits }) => {
  const five = [
    windowLimit(limit, windowMs),
    windowLimit(limit, windowMs, { name: 'ip', by: 'ip' }),
    windowLimit(PLENTY, windowMs, { name: 'tenant', by: 'tenant' }),
    windowLimit(PLENTY, windowMs, { name: 'service', by: 'total' }),
  ];
  const gateway = windowLimit(PLENTY, windowMs, { name: 'gateway', by: 'total' });
  return tollgate(redis, five.slice(0, limits), limits > five.length ? [gateway] : []);
};
