import { Metric } from '../../contract/metrics.ts';
import type { MetricValues } from '../text/emf.ts';
import type { Decision } from './decision.ts';
import type { LimitResult } from './limiter.ts';
import { tightest } from './rate-limit-headers.ts';

/**
 * The log fields of the limits; the rarer ones only where they apply.
 *
 * @param cost units that the request counts for
 */
export function limitFields(result: LimitResult | undefined, cost = 1): Record<string, unknown> {
  if (!result) return { limited: false, limit: '' };
  const { outcome, decisions } = result;
  const shadows = shadowsOf(decisions);
  return {
    limited: outcome === 'refused',
    limit: refusing(result)?.policy.name ?? '',
    ...(cost !== 1 && { cost }),
    ...(shadows.length > 0 && { shadow_limited: shadows.map(({ policy }) => policy.name) }),
    ...(outcome === 'revoked' && { revoked: true }),
    ...(countedAlone(result) && { limits_local: true }),
  };
}

/** Metrics besides the one that counts a refusal. */
export function limitMetrics(result: LimitResult): MetricValues {
  const shadows = shadowsOf(result.decisions).length;
  return {
    ...(shadows > 0 && { [Metric.shadowLimited]: shadows }),
    ...(passedUncounted(result) && { [Metric.failedOpen]: 1 }),
    ...(countedAlone(result) && { [Metric.countedLocally]: 1 }),
  };
}

/** The limit that the answer names, if it refused; while Redis cannot count, the first limit that closes. */
function refusing({ outcome, decisions }: LimitResult): Decision | undefined {
  if (outcome === 'refused') return decisions[tightest(decisions)];
  if (outcome === 'unavailable') return decisions.find(({ allowed, policy }) => !allowed && !policy.shadow);
  return undefined;
}

/** Limits in shadow mode that would have refused the request. */
function shadowsOf(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.filter(({ allowed, policy }) => !allowed && policy.shadow);
}

/** Whether a limit was skipped that might have refused the request. A limit in shadow mode never refuses. */
function passedUncounted({ outcome, decisions }: LimitResult): boolean {
  return outcome === 'allowed' && decisions.some(({ counted, policy }) => counted === 'not' && !policy.shadow);
}

function countedAlone({ decisions }: LimitResult): boolean {
  return decisions.some(({ counted }) => counted === 'alone');
}
