import { Metric } from '../contract/metrics.ts';
import type { Ruling } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import type { MetricValues } from '../core/emf.ts';
import { tightest } from '../core/rate-limit-headers.ts';

/** What the limits said; the rarer fields only where there is something to say. */
export function limitFields(ruling: Ruling | undefined): Record<string, unknown> {
  if (ruling === undefined) return { limited: false, limit: '' };
  const { outcome, decisions } = ruling;
  const shadows = shadowsOf(decisions);
  return {
    limited: outcome === 'refused',
    limit: refusing(ruling)?.policy.name ?? '',
    ...(shadows.length > 0 && { shadow_limited: shadows.map(({ policy }) => policy.name) }),
    ...(outcome === 'revoked' && { revoked: true }),
    ...(countedAlone(ruling) && { limits_local: true }),
  };
}

/** Beside what the answer itself is counted as. */
export function limitMetrics(ruling: Ruling): MetricValues {
  const shadows = shadowsOf(ruling.decisions).length;
  return {
    ...(shadows > 0 && { [Metric.shadowLimited]: shadows }),
    ...(ruling.degraded === 'open' && { [Metric.failedOpen]: 1 }),
    ...(countedAlone(ruling) && { [Metric.countedLocally]: 1 }),
  };
}

/** The limit that the answer speaks of, if it refused. */
function refusing({ outcome, decisions }: Ruling): Decision | undefined {
  if (outcome !== 'refused' && outcome !== 'unavailable') return undefined;
  const decision = decisions[tightest(decisions)];
  return decision?.allowed === false ? decision : undefined;
}

/** What shadows would have refused. */
function shadowsOf(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.filter(({ allowed, policy }) => !allowed && policy.shadow);
}

/** What is refused because nobody can count is not counted. */
function countedAlone({ outcome, decisions }: Ruling): boolean {
  return outcome !== 'unavailable' && decisions.some(({ local }) => local);
}
