import { Duration } from 'aws-cdk-lib';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { BAD_CREDENTIALS } from './placed-limits.ts';
import { policiesOf, RateLimit, type RateLimits } from './rate-limit.ts';

const DEFAULT = RateLimit.perIp(30, Duration.minutes(1));
const FIX = 'write one like RateLimit.perIp(30, Duration.minutes(1)), or RateLimit.none() for no such limit';

/** How often one address may present credentials that are refused; null: without a limit. */
export function badCredentialsLimit(rateLimit: RateLimits = DEFAULT): LimitPolicy | null {
  const [limit, ...further] = policiesOf(rateLimit);
  if (limit === undefined) return null;
  if (further.length > 0) {
    throw new InvalidPropError(`badCredentials must be one limit, got ${further.length + 1}: ${FIX}`);
  }
  if (limit.kind !== 'window' || limit.by !== 'ip') {
    throw new InvalidPropError(
      `badCredentials must be a limit per IP address, got a ${limit.kind} by ${limit.by}: ${FIX}`,
    );
  }
  if (limit.name !== '' && limit.name !== BAD_CREDENTIALS) {
    throw new InvalidPropError(
      `the limit of badCredentials must be called ${BAD_CREDENTIALS}, got ${JSON.stringify(limit.name)}: leave its name out`,
    );
  }
  return { ...limit, name: BAD_CREDENTIALS };
}
