import { Duration } from 'aws-cdk-lib';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import type { LimitDraft } from './limit-draft.ts';
import { BAD_CREDENTIALS, limitPolicies } from './limit-policies.ts';
import { draftsOf, RateLimit, type RateLimits } from './rate-limit.ts';

const DEFAULT = RateLimit.perIp(30, Duration.minutes(1));
const FIX = 'write one like RateLimit.perIp(30, Duration.minutes(1)), or RateLimit.none() for no such limit';

/** How often one address may present credentials that are refused; null: as often as it likes. */
export function badCredentialsLimit(rateLimit: RateLimits = DEFAULT): LimitPolicy | null {
  const [draft, ...further] = draftsOf(rateLimit);
  if (draft === undefined) return null;
  if (further.length > 0) {
    throw new InvalidPropError(`badCredentials must be one limit, got ${further.length + 1}: ${FIX}`);
  }
  if (draft.kind !== 'window' || draft.by !== 'ip') {
    throw new InvalidPropError(`badCredentials must be a limit per IP address, got ${shown(draft)}: ${FIX}`);
  }
  if (draft.name !== undefined && draft.name !== BAD_CREDENTIALS) {
    throw new InvalidPropError(
      `the limit of badCredentials must be called ${BAD_CREDENTIALS}, got ${JSON.stringify(draft.name)}: leave its name out`,
    );
  }
  const [limit = null] = limitPolicies([{ ...draft, name: BAD_CREDENTIALS }], 0);
  return limit;
}

function shown({ kind, by }: LimitDraft): string {
  return `a ${kind} by ${by}`;
}
