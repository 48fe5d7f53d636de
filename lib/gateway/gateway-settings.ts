import { Duration } from 'aws-cdk-lib';
import type { LimitPolicy } from '../../lambdas/contract/limits/limit-policy.ts';
import { DEFAULT_CACHE_TIMEOUT_MS } from '../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../invalid-prop.ts';
import { identityHeaders } from './auth/identity-headers.ts';
import { issuerConfigs } from './auth/jwt-issuer.ts';
import { corsOptions } from './edge/cors.ts';
import type { GatewayProps } from './gateway-props.ts';
import { badCredentialsLimit } from './limits/bad-credentials.ts';
import { checkLimitsMet } from './limits/limits-met.ts';
import { placedLimits } from './limits/placed-limits.ts';
import { RateLimit, type RateLimits } from './limits/rate-limit.ts';
import { intervalMs, wholeSeconds } from './props/interval.ts';
import { LONGEST_TIMEOUT } from './props/overhead-allowance.ts';
import { wholeNumber } from './props/whole-number.ts';

const DEFAULT_CACHE_TIMEOUT = Duration.millis(DEFAULT_CACHE_TIMEOUT_MS);
const CACHE_TIMEOUT = {
  min: Duration.millis(5),
  max: Duration.seconds(1),
  reason: 'a healthy cache answers in about 1 ms, and each request waits this long for a slow one',
};
const OPERATOR_CONCURRENCY = {
  min: 1,
  max: 1_000,
  fix: 'write one like 2, or leave it out to share the concurrency of the account',
};
const VERDICT_CACHE = {
  min: Duration.seconds(0),
  max: Duration.seconds(60),
  reason: 'for that long a credential is let in that has ended',
};
const ROUTE_QUOTA = {
  min: 300,
  // A route is a resource, and CloudFormation changes 2,500 of them at once.
  max: 2500,
  fix: 'AWS lets every API have 300 and more on request, in Service Quotas; leave it out for 300',
};

/**
 * What the props of a gateway say, with their defaults.
 *
 * @throws InvalidPropError for a value that cannot be
 */
export function gatewaySettings(props: GatewayProps) {
  const { corsOrigins = [] } = props;
  return {
    issuers: issuerConfigs(props.jwt),
    rejections: props.rejections ?? 'explained',
    cors: corsOrigins.length > 0 ? corsOptions(corsOrigins) : undefined,
    throttle: throttle(props),
    routeQuota: wholeNumber('routeQuota', props.routeQuota ?? ROUTE_QUOTA.min, ROUTE_QUOTA),
    cacheTimeoutMs: intervalMs('cacheTimeout', props.cacheTimeout ?? DEFAULT_CACHE_TIMEOUT, CACHE_TIMEOUT),
    limits: gatewayLimits(props.rateLimit),
    rateLimitHeaders: props.rateLimitHeaders ?? true,
    verdictCache: verdictCache(props.verdictCache),
    badCredentials: badCredentialsLimit(props.badCredentials),
    identityHeaders: identityHeaders(props.identityHeaders),
    operatorConcurrency: operatorConcurrency(props.operatorConcurrency),
  };
}

function operatorConcurrency(instances: number | undefined): number | undefined {
  return instances === undefined ? undefined : wholeNumber('operatorConcurrency', instances, OPERATOR_CONCURRENCY);
}

function gatewayLimits(rateLimit: RateLimits = RateLimit.none()): readonly LimitPolicy[] {
  // One lease for all services: they share a key, and an end past one's own lease would not count for it.
  const limits = placedLimits(rateLimit, { scope: 'gateway', timeoutMs: LONGEST_TIMEOUT.toMilliseconds() });
  checkLimitsMet({ gateway: limits }, 1);
  return limits;
}

function verdictCache(cache = VERDICT_CACHE.max): Duration {
  return Duration.seconds(wholeSeconds('verdictCache', cache, VERDICT_CACHE));
}

function throttle({ throttleRate = 1000, throttleBurst = 2000 }: GatewayProps) {
  if (!Number.isFinite(throttleRate) || throttleRate < 1) {
    throw new InvalidPropError(
      `throttleRate must be a finite number of at least 1 request a second, got ${throttleRate}: give the account's quota, 10000 unless it was raised, to let in as many as it does`,
    );
  }
  if (!Number.isSafeInteger(throttleBurst) || throttleBurst < 1) {
    throw new InvalidPropError(
      `throttleBurst must be a whole number of at least 1, got ${throttleBurst}: twice the rate does for most`,
    );
  }
  return { rateLimit: throttleRate, burstLimit: throttleBurst };
}
