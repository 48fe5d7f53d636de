import type { RuleStore } from '../adapters/limits/rule-store.ts';
import { describeError, writeLine } from '../adapters/log.ts';
import type { Rule } from '../contract/limits/operator-rule.ts';
import { MAX_RULES } from '../core/limits/rule-bound.ts';

/** So many rules may be made of any kind. What is left to `MAX_RULES` is for those that have to come through. */
const ROOM = 18_000;
/** So many with revocations of all that is not a single token: they are what to do where tokens have become too many. */
const ROOM_IN_NEED = 19_500;
/** What was counted holds for so long, with what was added here. */
const COUNT_KEPT_MS = 60_000;

/** The gateway has as many rules as its instances can read. */
export class TooManyRulesError extends Error {
  readonly code = 'too_many_rules';
}

/** How many more rules a gateway may have. Others may add some between two counts: both bounds are well below the last. */
export class RuleRoom {
  readonly #store: Pick<RuleStore, 'count'>;
  #count = 0;
  #countedAtMs = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<RuleStore, 'count'>) {
    this.#store = store;
  }

  /**
   * Takes the place of a rule that says something, of a subject of whom nothing was said. Where it cannot be known whether
   * there is one, the rule comes first.
   *
   * @throws TooManyRulesError
   */
  async take(rule: Rule, nowMs: number): Promise<void> {
    if (Math.abs(nowMs - this.#countedAtMs) >= COUNT_KEPT_MS) await this.#recount(nowMs);
    const room = rule.revocation !== null && !rule.id.startsWith('token:') ? ROOM_IN_NEED : ROOM;
    if (this.#count >= room) {
      throw new TooManyRulesError(
        `a gateway may have at most ${room} rules before this one, of ${MAX_RULES} that its functions read, has ${this.#count}: let revocations end by themselves, restore who need not be revoked, and revoke a subject or a tenant instead of its tokens`,
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
