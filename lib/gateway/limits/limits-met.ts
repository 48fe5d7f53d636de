import { type LimitPolicy, takesLease } from '../../../lambdas/contract/limits/limit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import type { LimitScope } from './placed-limits.ts';

/** All limits that one request meets, by where they are put. */
type LimitsMet = Readonly<Partial<Record<LimitScope, readonly LimitPolicy[]>>>;

/** @throws InvalidPropError when two of the limits have one name, or when one of them lets no request of this cost pass */
export function checkLimitsMet(limits: LimitsMet, cost: number): void {
  checkNames(limits);
  for (const { units, words } of Object.values(limits).flat().flatMap(bounds)) {
    if (cost <= units) continue;
    throw new InvalidPropError(
      `cost must be at most the ${words}, got ${cost}: such a request could never pass; lower its cost or raise the limit`,
    );
  }
}

function checkNames(limits: LimitsMet): void {
  const scopes = new Map<string, string>();
  for (const [scope, policies = []] of Object.entries(limits)) {
    for (const { name } of policies) {
      const other = scopes.get(name);
      scopes.set(name, scope);
      if (other === undefined) continue;
      const where = other === scope ? `twice on the ${scope}` : `on the ${other} and on the ${scope}`;
      throw new InvalidPropError(
        `each limit that a request meets must have a name of its own, got ${JSON.stringify(name)} ${where}: give one of them another by its option name`,
      );
    }
  }
}

/** The most that one request may cost. Requests of any cost take leases, and a limit in shadow mode refuses none. */
function bounds(limit: LimitPolicy): readonly { readonly units: number; readonly words: string }[] {
  if (takesLease(limit) || limit.shadow) return [];
  if ('burst' in limit) return [{ units: limit.burst, words: `burst of ${limit.burst} of limit ${limit.name}` }];
  const plans = Object.entries('plans' in limit ? limit.plans : {}).map(([plan, units]) => ({
    units,
    words: `${units} units of plan ${plan} in limit ${limit.name}`,
  }));
  return [...plans, { units: limit.limit, words: `${limit.limit} units of limit ${limit.name}` }];
}
