import type { LimitBy, LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { LimitOverride, Rule } from '../../contract/limits/operator-rule.ts';
import type { Identity } from './limiter.ts';
import { sourceNetwork } from './source-address.ts';

/** A change of a rule by one operation. */
export type RuleChange =
  | { readonly type: 'revoke'; readonly untilMs: number; readonly reason: string }
  | { readonly type: 'restore'; readonly reason: string }
  | { readonly type: 'override'; readonly limit: string; readonly override: LimitOverride; readonly reason: string }
  | { readonly type: 'default'; readonly limit: string; readonly reason: string };

/** The rules of a request, or of a gateway, by id. */
export type Rules = ReadonlyMap<string, Rule>;

const ADDRESS = 'ip:';

/** The id as requests have it; for an address that of its network, `ip:2001:db8:0:1::` for `ip:2001:DB8:0:1::42`. */
export function canonicalId(id: string): string {
  return id.startsWith(ADDRESS) ? `${ADDRESS}${sourceNetwork(id.slice(ADDRESS.length))}` : id;
}

/** The rule of a subject for which no operator has made one. */
export function noRule(id: string): Rule {
  return { id, version: 0, revocation: null, limits: {}, reason: '' };
}

/**
 * The rule after `change`, without expired parts. Its version is always higher than before, even if `change` removes
 * nothing: this corrects a copy in Redis that still has the part.
 */
export function applyChange(rule: Rule, change: RuleChange, nowMs: number): Rule {
  const standing = standingRule(rule, nowMs);
  const version = Math.max(rule.version + 1, nowMs);
  return { ...standing, ...changedPart(standing, change), version, reason: change.reason };
}

function changedPart({ limits }: Rule, change: RuleChange): Partial<Pick<Rule, 'revocation' | 'limits'>> {
  switch (change.type) {
    case 'revoke':
      return { revocation: { untilMs: change.untilMs, reason: change.reason } };
    case 'restore':
      return { revocation: null };
    case 'override':
      return { limits: { ...limits, [change.limit]: change.override } };
    case 'default': {
      const { [change.limit]: _, ...others } = limits;
      return { limits: others };
    }
  }
}

/** The rule without expired parts. It keeps its version, since no operator changed it. */
export function standingRule(rule: Rule, nowMs: number): Rule {
  const limits = Object.entries(rule.limits).filter(([, override]) => isCurrent(override, nowMs));
  return {
    ...rule,
    revocation: rule.revocation !== null && isCurrent(rule.revocation, nowMs) ? rule.revocation : null,
    limits: Object.fromEntries(limits),
  };
}

/** Whether `change` removes a part that the rule does not have. */
export function isIdle({ revocation, limits }: Rule, change: RuleChange): boolean {
  if (change.type === 'restore') return revocation === null;
  return change.type === 'default' && !Object.hasOwn(limits, change.limit);
}

/** True when the rule has no revocation and no limits: they were taken back, or have ended. */
export function isEmpty({ revocation, limits }: Rule): boolean {
  return revocation === null && Object.keys(limits).length === 0;
}

/** Epoch milliseconds from which on the rule is empty: its version if it is empty already; undefined: never. */
export function endOf(rule: Rule): number | undefined {
  const ends = [...(rule.revocation ? [rule.revocation] : []), ...Object.values(rule.limits)];
  if (ends.some(({ untilMs }) => untilMs === 0)) return undefined;
  return Math.max(rule.version, ...ends.map(({ untilMs }) => untilMs));
}

/** Whether the token, the client or the tenant of a request is revoked. */
export function isRevoked(rules: Rules, { token, client, tenant }: Identity, nowMs: number): boolean {
  return [token, client, tenant].some((id) => {
    const revocation = rules.get(id)?.revocation;
    return revocation != null && isCurrent(revocation, nowMs);
  });
}

/**
 * What operators set for a limit of this request. Only rules about the limit's own subject count, so that no rule changes a
 * limit that others share: for a client its own rule, else its tenant's, else its plan's; for an address or a tenant its
 * own; for a total none. A rule that names the service, `payments/client`, precedes one that does not.
 */
export function overrideFor(
  rules: Rules,
  identity: Identity,
  limit: Pick<LimitPolicy, 'name' | 'by'>,
  service: string,
  nowMs: number,
): LimitOverride | undefined {
  for (const id of CHANGED_BY[limit.by](identity)) {
    const limits = rules.get(id)?.limits ?? {};
    for (const name of [`${service}/${limit.name}`, limit.name]) {
      const override = Object.hasOwn(limits, name) ? limits[name] : undefined;
      if (override !== undefined && isCurrent(override, nowMs)) return override;
    }
  }
  return undefined;
}

/** The ids whose rules may change a limit; the first one that has a number decides. */
const CHANGED_BY: Readonly<Record<LimitBy, (identity: Identity) => readonly string[]>> = {
  client: ({ client, tenant, plan }) => [client, tenant, plan],
  tenant: ({ tenant }) => [tenant],
  ip: ({ ip }) => [ip],
  total: () => [],
};

function isCurrent({ untilMs }: { readonly untilMs: number }, nowMs: number): boolean {
  return untilMs === 0 || untilMs > nowMs;
}
