import type { RuleStore } from '../adapters/limits/rule-store.ts';
import { describeError, writeLine } from '../adapters/log.ts';
import type { Rule } from '../contract/limits/operator-rule.ts';
import { MAX_RULES } from '../core/limits/max-rules.ts';

/** Operators may make this many rules of any kind. The rest up to `MAX_RULES` is for the rules that matter most. */
const QUOTA = 18_000;
/** A revocation of more than one token may use this many: it replaces many revoked tokens. */
const REVOCATION_QUOTA = 19_500;
/** How long a count is used, with what was added here since. */
const COUNT_KEPT_MS = 60_000;

/** The gateway has as many rules as its instances can read. */
export class TooManyRulesError extends Error {
  readonly code = 'too_many_rules';
}

/** How many more rules a gateway may have. Both quotas are below the maximum: other operators may add rules meanwhile. */
export class RuleQuota {
  readonly #store: Pick<RuleStore, 'count'>;
  #count = 0;
  #countedAtMs = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<RuleStore, 'count'>) {
    this.#store = store;
  }

  /**
   * Reserves one more rule in force. If the table cannot count the rules, the new rule is more important than the quota.
   *
   * @throws TooManyRulesError
   */
  async take(rule: Rule, nowMs: number): Promise<void> {
    if (Math.abs(nowMs - this.#countedAtMs) >= COUNT_KEPT_MS) await this.#recount(nowMs);
    const quota = rule.revocation !== null && !rule.id.startsWith('token:') ? REVOCATION_QUOTA : QUOTA;
    if (this.#count >= quota) {
      throw new TooManyRulesError(
        `a gateway may have at most ${quota} rules before this one, of ${MAX_RULES} that its functions read, has ${this.#count}: let revocations end by themselves, restore who need not be revoked, and revoke a subject or a tenant instead of its tokens`,
      );
    }
    this.#count += 1;
  }

  async #recount(nowMs: number): Promise<void> {
    try {
      this.#count = await this.#store.count();
      this.#countedAtMs = nowMs;
    } catch (error) {
      this.#count = 0;
      writeLine({ message: 'rules not counted', error: describeError(error) });
    }
  }
}
