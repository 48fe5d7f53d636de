import { type Decoder, decodeJson, integer, nullable, number, object, record, string, withDefault } from '../decode.ts';

/**
 * The subject of a rule: a token by its `jti`, a token's subject, a tenant, an API key, an address on public routes, or
 * all of a plan. Written `kind:name`, like the client of a request: `sub:alice`.
 */
export const RULE_KINDS = ['token', 'sub', 'tenant', 'key', 'ip', 'plan'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

/** The kinds that a rule may revoke. */
export const REVOCABLE_KINDS: readonly RuleKind[] = ['token', 'sub', 'tenant', 'key'];

/** What an operator set in place of a limit's own numbers. */
export interface LimitOverride {
  /** The limit of a window or of concurrency; the burst of a bucket. */
  readonly limit: number;
  /** For a bucket only. */
  readonly ratePerS: number | null;
  /** Epoch milliseconds at which it ends by itself; 0: never. */
  readonly untilMs: number;
}

export interface Revocation {
  /** Epoch milliseconds at which it ends by itself; 0: never. */
  readonly untilMs: number;
  /** Why it was revoked, also after later changes of the rule; '' where the item has no reason. */
  readonly reason: string;
}

/**
 * What operators set for one subject. DynamoDB keeps it; Redis holds a copy for the decision script, as the text of
 * `encodeRule`.
 */
export interface Rule {
  /** `sub:alice` */
  readonly id: string;
  /** Epoch milliseconds of the last change, one more at least than before: a copy is never replaced by an older one. */
  readonly version: number;
  readonly revocation: Revocation | null;
  /** By the limit's name, `client`, or by service and name, `payments/client`. */
  readonly limits: Readonly<Record<string, LimitOverride>>;
  /** What the operator gave as the reason of the last change. */
  readonly reason: string;
}

/**
 * `1764000000000 {"r":0,"l":{"client":[500,0]}}`: the version for comparing, then what the script reads: `r` until when
 * it is revoked, `l` limit, end and rate of each override. Nothing after the version: the rule was taken back.
 */
export function encodeRule({ version, revocation, limits }: Omit<Rule, 'id' | 'reason'>): string {
  const overrides = Object.entries(limits).map(([name, { limit, untilMs, ratePerS }]) => [
    name,
    ratePerS === null ? [limit, untilMs] : [limit, untilMs, ratePerS],
  ]);
  if (revocation === null && overrides.length === 0) return `${version} `;
  const body = {
    ...(revocation && { r: revocation.untilMs }),
    ...(overrides.length > 0 && { l: Object.fromEntries(overrides) }),
  };
  return `${version} ${JSON.stringify(body)}`;
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeRule(json: string): Rule {
  return decodeJson(rule, json, 'rule');
}

export const limitOverride: Decoder<LimitOverride> = object({
  limit: integer,
  ratePerS: withDefault(nullable(number), null),
  untilMs: withDefault(integer, 0),
});
export const rule: Decoder<Rule> = object({
  id: string,
  version: integer,
  revocation: nullable(object({ untilMs: integer, reason: withDefault(string, '') })),
  limits: record(limitOverride),
  reason: string,
});
