import { Metric } from '../../contract/metrics.ts';
import type { Decision } from '../../core/limits/decision.ts';
import type { LimitResult } from '../../core/limits/limiter.ts';
import { tightest } from '../../core/limits/rate-limit-headers.ts';
import type { MetricValues } from '../../core/text/emf.ts';

/**
 * What the limits said; the rarer fields only where there is something to say.
 *
 * @param cost units that the request counts for
 */
export function limitFields(ruling: LimitResult | null | undefined, cost = 1): Record<string, unknown> {
  if (!ruling) return { limited: false, limit: '' };
  const { outcome, decisions } = ruling;
  const shadows = shadowsOf(decisions);
  return {
    limited: outcome === 'refused',
    limit: refusing(ruling)?.policy.name ?? '',
    ...(cost !== 1 && { cost }),
    ...(shadows.length > 0 && { shadow_limited: shadows.map(({ policy }) => policy.name) }),
    ...(outcome === 'revoked' && { revoked: true }),
    ...(countedAlone(ruling) && { limits_local: true }),
  };
}

/** Beside what the answer itself is counted as. */
export function limitMetrics(ruling: LimitResult): MetricValues {
  const shadows = shadowsOf(ruling.decisions).length;
  return {
    ...(shadows > 0 && { [Metric.shadowLimited]: shadows }),
    ...(passedUncounted(ruling) && { [Metric.failedOpen]: 1 }),
    ...(countedAlone(ruling) && { [Metric.countedLocally]: 1 }),
  };
}

/** The limit that the answer speaks of, if it refused; of those that close while nobody can count, the first. */
function refusing({ outcome, decisions }: LimitResult): Decision | undefined {
  if (outcome === 'refused') return decisions[tightest(decisions)];
  if (outcome === 'unavailable') return decisions.find(({ allowed, policy }) => !allowed && !policy.shadow);
  return undefined;
}

/** What shadows would have refused. */
function shadowsOf(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.filter(({ allowed, policy }) => !allowed && policy.shadow);
}

/** A limit that would have refused others was not asked. A shadow refuses nobody in any case. */
function passedUncounted({ outcome, decisions }: LimitResult): boolean {
  return outcome === 'allowed' && decisions.some(({ counted, policy }) => counted === 'not' && !policy.shadow);
}

function countedAlone({ decisions }: LimitResult): boolean {
  return decisions.some(({ counted }) => counted === 'alone');
}
