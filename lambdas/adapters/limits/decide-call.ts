import { array, DecodeError, integer } from '../../contract/decode.ts';
import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { Decision } from '../../core/limits/decision.ts';
import { kindOf } from '../../core/limits/kinds/kind-table.ts';
import type { LimitRequest } from '../../core/limits/limiter.ts';

const BY_LETTER = { client: 'c', tenant: 't', ip: 'i', total: 'a' } as const;
const OUTCOMES = { 1: 'allowed', 0: 'refused', [-1]: 'revoked' } as const;

/** See `DECIDE_SCRIPT` for their order. */
export function decideArguments({ limits, identity, cost, lease }: LimitRequest, service: string) {
  const { token, client, tenant, plan, ip } = identity;
  const args: (string | number)[] = [cost, lease, service];
  for (const { policy } of limits) {
    const kind = kindOf(policy);
    args.push(policy.kind, markedName(policy), kind.size(policy), kind.parameter(policy));
  }
  args.push(token, client, tenant, plan, ip);
  return args;
}

/** Before the name, a letter says which rules may change the limit; a capital, that the limit is in shadow mode. */
function markedName({ by, shadow, name }: LimitPolicy): string {
  const letter = BY_LETTER[by];
  return `${shadow ? letter.toUpperCase() : letter}${name}`;
}

/**
 * The result, and the state of Redis's copy of the operators' rules.
 *
 * @throws DecodeError for a reply that the script does not give
 */
export function decodeDecide(reply: unknown, { limits }: LimitRequest) {
  const numbers = integers(reply, 'decide');
  const [status, rules = 0] = numbers;
  const outcome = OUTCOMES[status as keyof typeof OUTCOMES];
  if (outcome === undefined) throw new DecodeError('decide[0]', 'one of 1, 0, -1', status);
  const decided = outcome === 'revoked' ? [] : limits;
  const length = 2 + 4 * decided.length;
  if (numbers.length !== length) throw new DecodeError('decide', `an array of ${length}`, numbers);
  const decisions = decided.map(({ policy }, index): Decision => {
    const [allowed, limit = 0, remaining = 0, resetMs = 0] = numbers.slice(2 + 4 * index);
    return { policy, allowed: allowed === 1, limit, remaining, resetMs, counted: 'together' };
  });
  return { outcome, decisions, rules: { rebuild: (rules & 1) === 1, unknown: (rules & 2) === 2 } };
}

const integers = array(integer);
