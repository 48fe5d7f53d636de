import { takesLease } from '../../contract/limits/limit-policy.ts';
import type { Decision } from './decision.ts';
import { kindOf } from './kinds/kind-table.ts';

/** The largest integer of a structured field (RFC 9651 §3.3.1). */
const MAX_INTEGER = 999_999_999_999_999;

/**
 * Index of the tightest decision, the one that the answer reports: among refusals the one with the longest wait, else the
 * one with the fewest units left, else the one that resets last. A limit of requests under way that allows the request is
 * reported only where there is no other. Shadows and uncounted limits are never reported; -1 when there is no other.
 */
export function tightest(decisions: readonly Decision[]): number {
  let best = -1;
  for (const [index, decision] of decisions.entries()) {
    if (decision.policy.shadow || decision.counted === 'not') continue;
    const other = decisions[best];
    if (other === undefined || isTighter(decision, other)) best = index;
  }
  return best;
}

function isTighter(one: Decision, other: Decision): boolean {
  if (one.allowed !== other.allowed) return other.allowed;
  const [oneLeases, otherLeases] = [takesLease(one.policy), takesLease(other.policy)];
  if (one.allowed && oneLeases !== otherLeases) return otherLeases;
  if (one.allowed && one.remaining !== other.remaining) return one.remaining < other.remaining;
  return one.resetMs > other.resetMs;
}

/**
 * Whole seconds, rounded up, so that a client that waits as long is let in. The millisecond in which a request came counts as
 * well, but is over before the answer arrives: a minute's window resets in 60 s, not in 61.
 */
export function resetS({ resetMs }: Pick<Decision, 'resetMs'>): number {
  return Math.max(1, Math.ceil((resetMs - 1) / 1000));
}

/**
 * `X-RateLimit-*` (limit, remaining, reset as epoch seconds) and the two fields of the IETF draft "RateLimit header
 * fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-11), lists of one string with parameters. `RateLimit-Policy` has
 * the quota `q`, its unit `qu` and, where it is known, the window `w` in seconds; `RateLimit` has the remaining units `r`
 * and the seconds to reset `t`; both have the partition `pk`, which tells subjects apart. Names of limits are letters,
 * digits and hyphens: nothing in them needs escaping.
 *
 * @param partition some six bytes in base64 that differ between the limit's subjects, or '' when it has only one
 */
export function rateLimitHeaders(decision: Decision, nowMs: number, partition: string): Record<string, string> {
  const { policy } = decision;
  const reset = resetS(decision);
  const remaining = fieldInteger(decision.remaining);
  const pk = partition === '' ? '' : `;pk=:${partition}:`;
  // It is not known when one of the requests under way ends.
  const t = takesLease(policy) ? '' : `;t=${fieldInteger(reset)}`;
  return {
    'x-ratelimit-limit': String(decision.limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil(nowMs / 1000) + reset),
    'ratelimit-policy': `"${policy.name}";q=${fieldInteger(decision.limit)}${quotaParameters(decision)}${pk}`,
    ratelimit: `"${policy.name}";r=${remaining}${t}${pk}`,
  };
}

function quotaParameters({ policy, limit }: Decision): string {
  const { windowS, unit } = kindOf(policy).quota(policy, limit);
  return `${unit === undefined ? '' : `;qu="${unit}"`}${windowS === undefined ? '' : `;w=${wholeSeconds(windowS)}`}`;
}

function wholeSeconds(seconds: number): number {
  return Math.max(1, fieldInteger(Math.ceil(seconds)));
}

function fieldInteger(value: number): number {
  return Math.min(Math.max(0, Math.floor(value)), MAX_INTEGER);
}
