import { type Decoded, decodeJson, integer, nullable, number, object, record, string, withDefault } from '../decode.ts';

/**
 * The subject of a rule: a token by its `jti`, a token's subject, a tenant, an API key, an address on public routes, or
 * all of a plan. Written `kind:name`, like the client of a request: `sub:alice`.
 */
export const RULE_KINDS = ['token', 'sub', 'tenant', 'key', 'ip', 'plan'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

/** The kinds that a rule may revoke. */
export const REVOCABLE_KINDS: readonly RuleKind[] = ['token', 'sub', 'tenant', 'key'];

/** Numbers that an operator set in place of a limit's own. */
export const limitOverride = object({
  /** The limit of a window or of concurrency; the burst of a bucket. */
  limit: integer,
  /** For a bucket only. */
  ratePerS: withDefault<number | null>(nullable(number), null),
  /** Epoch milliseconds at which it ends by itself; 0: never. */
  untilMs: withDefault(integer, 0),
});
export type LimitOverride = Decoded<typeof limitOverride>;

const revocation = object({
  /** Epoch milliseconds at which it ends by itself; 0: never. */
  untilMs: integer,
  /** Why it was revoked; later changes of the rule keep it. '': the item does not say. */
  reason: withDefault(string, ''),
});
export type Revocation = Decoded<typeof revocation>;

export const rule = object({
  /** `sub:alice` */
  id: string,
  /** Epoch milliseconds of the last change, one more at least than before: an older copy never replaces a newer one. */
  version: integer,
  revocation: nullable(revocation),
  /** By the limit's name, `client`, or by service and name, `payments/client`. */
  limits: record(limitOverride),
  /** The operator's reason for the last change. */
  reason: string,
});
/**
 * What operators set for one subject. DynamoDB keeps it; Redis holds a copy for the decision script, as the text of
 * `encodeRule`.
 */
export type Rule = Decoded<typeof rule>;

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
