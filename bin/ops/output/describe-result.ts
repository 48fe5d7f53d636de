import type { Rule } from '../../../lambdas/contract/limits/operator-rule.ts';
import type { List, RuleOperation, RuleResult } from '../../../lambdas/contract/operations/operations.ts';
import { printable } from '../../../lambdas/contract/printable.ts';
import { isoTime } from '../../../lambdas/core/text/iso-time.ts';
import { factsOf, limitValue } from './facts.ts';
import { until } from './text.ts';

/** The result of an operation in words. */
export function describeResult(operation: Exclude<RuleOperation, List>, { rule, changed }: RuleResult): string {
  const id = printable(rule.id);
  switch (operation.action) {
    case 'revoke':
      return `${id} is revoked ${until(rule.revocation?.untilMs ?? 0)}`;
    case 'restore':
      return changed ? `${id} is restored` : `${id} was not revoked`;
    case 'limit':
      return `${id} ${describeLimit(operation.limit, rule, changed)}`;
    case 'get':
      return describeRule(rule);
  }
}

function describeLimit(name: string, { limits }: Rule, changed: boolean): string {
  const override = Object.hasOwn(limits, name) ? limits[name] : undefined;
  if (override === undefined) return changed ? `has ${name} as the stack has it` : `had no ${name} of its own`;
  const { limit, ratePerS, untilMs } = override;
  return `has ${name} ${limitValue(limit, ratePerS)} ${until(untilMs)}`;
}

function describeRule(rule: Rule): string {
  const { revocation } = rule;
  const limits = factsOf(rule, 'limits');
  if (rule.version === 0) return `no operator has set anything for ${printable(rule.id)}`;
  return [
    printable(rule.id),
    ...(revocation === null ? [] : [`  revoked ${until(revocation.untilMs)}${because(revocation.reason)}`]),
    ...limits.map(({ what, value, untilMs }) => `  ${[printable(what), value].join(' ').trim()} ${until(untilMs)}`),
    ...(revocation === null && limits.length === 0 ? ['  nothing in force'] : []),
    `  last changed ${isoTime(rule.version)}${because(rule.reason)}`,
  ].join('\n');
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${printable(reason)}`;
}
