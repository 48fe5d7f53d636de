import type { LimitPolicy } from '../../../contract/limits/limit-policy.ts';
import type { LimitOverride } from '../../../contract/limits/operator-rule.ts';
import type { Decision } from '../decision.ts';

/** All that differs from one kind of limit to another, but for its document (contract) and its props (lib). */
export interface LimitKind<Policy extends LimitPolicy> {
  /** The limit as one number. */
  size(policy: Policy): number;
  /** The other number that the count needs: a span, a rate, the time of a lease. */
  parameter(policy: Policy): number;
  /** The policy with an operator's numbers. An override is of a name, not of a kind: its limit may be too large. */
  overridden(policy: Policy, override: LimitOverride): Policy;
  /** The policy of one instance that counts alone: `size`, and its `localShare` of any rate. */
  shared(policy: Policy, size: number): Policy;
  /** A count in this process's memory. */
  count(policy: Policy): Count;
  /** The same count in Redis. */
  readonly script: LimitScript;
  /** What the field `RateLimit-Policy` reports of it beside the quota. @param limit the one that held */
  quota(policy: Policy, limit: number): { readonly windowS?: number; readonly unit?: string };
  /** The problem that a refused request is answered with. */
  readonly problem: 'rate_limited' | 'too_many_concurrent';
  /** Says why a request was refused, without a full stop. */
  refused(decision: Decision & { readonly policy: Policy }, cost: number): string;
}

/** One limit's count of one subject. */
export interface Count {
  /**
   * @param size and `parameter` are those of the kind, and hold for this request: requests of one subject may have
   * different ones, by their token's plan or an operator's rule
   */
  assess(clockMs: number, cost: number, size?: number, parameter?: number): Assessment;
  /** Charges the request that was assessed last. @param lease names the request */
  charge(clockMs: number, cost: number, lease: string): void;
  /** Gives back what a request took until its end. */
  release?(lease: string): void;
}

/** What a limit says to a request, before it is charged. */
export interface Assessment {
  readonly allowed: boolean;
  /** Units that would be left: after this request if it is allowed, else now. */
  readonly remaining: number;
  readonly resetMs: number;
}

/**
 * The part of the decision script (`adapters/limits/decide-script.ts`) that counts one kind of limit, in Lua.
 *
 * It may use the script's locals: `call`, `unpack`, `pack`, `sub`, `floor`, `ceil`; `time`, Redis's clock, and `now`, the
 * same in ms; `cost`; and `ARGV[2]`, the lease. Names of its functions are in one scope with those of the other kinds.
 */
export interface LimitScript {
  /** Local functions. */
  readonly functions: string;
  /**
   * An expression over `limit`: the function that decides. It takes key, limit and parameter, and returns allowed,
   * remaining, reset in ms, what to write and for how many ms. What to write is a string, or a function of key and time.
   * It is written when the request is charged; what comes with a refusal is a string and is written at once.
   */
  readonly decide: string;
  /** A statement that corrects `limit` or `number`, its parameter, where `override` of an operator holds. */
  readonly override?: string;
}

/** Words of a refusal by a limit that counts units. */
export function usedUp(limit: string, { remaining }: Decision, cost: number): string {
  return cost === 1 ? `${limit} is used up` : `${limit} has ${remaining} left, and this request counts for ${cost}`;
}
