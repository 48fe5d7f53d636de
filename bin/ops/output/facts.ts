import type { Rule } from '../../../lambdas/contract/limits/operator-rule.ts';

/** Which facts of rules to list. */
export type Facts = 'all' | 'revoked' | 'limits';

/** One setting that operators made for one subject. */
export interface Fact {
  readonly id: string;
  /** `revoked`, or the name of a limit. */
  readonly what: string;
  /** `500`, or `50, 2.5/s` for a bucket; empty for a revocation. */
  readonly value: string;
  /** Epoch milliseconds; 0: never. */
  readonly untilMs: number;
  /** A revocation's own reason; for a limit, the reason of the rule's last change. */
  readonly reason: string;
}

export function factsOf({ id, revocation, limits, reason }: Rule, facts: Facts): readonly Fact[] {
  const revoked =
    revocation === null || facts === 'limits'
      ? []
      : [{ what: 'revoked', value: '', untilMs: revocation.untilMs, reason: revocation.reason || reason }];
  const limited = facts === 'revoked' ? [] : Object.entries(limits);
  return [
    ...revoked,
    ...limited.map(([name, { limit, ratePerS, untilMs }]) => ({
      what: name,
      value: limitValue(limit, ratePerS),
      untilMs,
      reason,
    })),
  ].map((fact) => ({ id, ...fact }));
}

/** `500`, or for a bucket its burst and rate: `50, 2.5/s` */
export function limitValue(limit: number, ratePerS: number | null): string {
  return ratePerS === null ? String(limit) : `${limit}, ${Number(ratePerS.toPrecision(4))}/s`;
}
