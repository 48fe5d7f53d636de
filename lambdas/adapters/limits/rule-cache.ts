import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { LimitOverride, Rule } from '../../contract/limits/operator-rule.ts';
import type { Identity } from '../../core/limits/limiter.ts';
import { isRevoked, overrideFor, type Rules } from '../../core/limits/rule-matching.ts';
import { NO_ANSWER, within } from '../within.ts';

/** A copy of the rules in memory, made when Redis could not tell, serves for so long without being read again. */
export const RULES_REREAD_MS = 5_000;
/** So old it still serves while it is read again; one that is older is of an earlier outage, and requests wait. */
export const RULES_STALE_MS = 60_000;
/** How long requests wait for a read, all of them together: those that come later do not wait for it any more. */
export const RULES_WAIT_MS = 50;

/** How long a reply is held back for copies that are being made anew: frozen with the instance, they never would be. */
export const REBUILD_WAIT_MS = 500;

/** What operators said, for those who cannot learn it from Redis. */
export interface OperatorRules {
  /** True when the request's token, client or tenant is revoked, as far as it can be known in time. */
  isRevoked(identity: Identity): Promise<boolean>;
  /**
   * Who could tell until now cannot any more: what was read before is not enough. The next request that asks waits for a
   * read that begins after this.
   */
  doubt(): void;
  /** What stands in place of a limit's own numbers, as far as it is known now. */
  overrideFor(identity: Identity, limit: Pick<LimitPolicy, 'name' | 'by'>): LimitOverride | undefined;
  /** Starts to make Redis's copies of the rules anew. */
  rebuild(): void;
  /** Resolves when that is done, or has taken too long; undefined when it is not under way. */
  settled(): Promise<void> | undefined;
}

export interface RuleBookOptions {
  /** All rules, from the table. */
  readonly list: () => Promise<readonly Rule[]>;
  readonly service: string;
  /** Makes Redis's copies anew from what `list` tells, which it calls after it has looked at them. */
  readonly copy: (list: () => Promise<readonly Rule[]>) => Promise<unknown>;
  /** Epoch milliseconds: they go on while Lambda holds the instance frozen. */
  readonly clock: () => number;
  /** Called for each failed call to a store, and once for a read that is late. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The operators' rules in this instance's memory, read from the table only when Redis cannot tell: while it is lost,
 * and until its copies are made anew after it was flushed.
 */
export class RuleBook implements OperatorRules {
  readonly #options: RuleBookOptions;
  #rules: Rules | undefined;
  /** When the read of `#rules` began. */
  #asOfMs = Number.NEGATIVE_INFINITY;
  /** When the last read began, whatever came of it. */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #reads = 0;
  #newestRead = 0;
  #reading: Promise<readonly Rule[]> | undefined;
  #waiting: Promise<void> | undefined;
  #rebuilding: Promise<void> | undefined;

  constructor(options: RuleBookOptions) {
    this.#options = options;
  }

  async isRevoked(identity: Identity): Promise<boolean> {
    const { clock, onFailure } = this.#options;
    if (this.#reading === undefined && this.#since(this.#askedAtMs) > RULES_REREAD_MS) this.#read().catch(onFailure);
    if (this.#since(this.#asOfMs) > RULES_STALE_MS) await this.#inTime();
    return this.#rules !== undefined && isRevoked(this.#rules, identity, clock());
  }

  overrideFor(identity: Identity, limit: Pick<LimitPolicy, 'name' | 'by'>): LimitOverride | undefined {
    if (this.#rules === undefined) return undefined;
    return overrideFor(this.#rules, identity, limit, this.#options.service, this.#options.clock());
  }

  doubt(): void {
    this.#askedAtMs = Number.NEGATIVE_INFINITY;
    this.#asOfMs = Number.NEGATIVE_INFINITY;
    this.#reading = undefined;
  }

  rebuild(): void {
    const { copy, onFailure } = this.#options;
    // Not a read that has begun before: it may know less than what is already in the copies.
    const copied = copy(() => this.#read()).then(() => undefined, onFailure);
    const rebuilding = within(REBUILD_WAIT_MS, copied).then(() => {
      if (this.#rebuilding === rebuilding) this.#rebuilding = undefined;
    });
    this.#rebuilding = rebuilding;
  }

  settled(): Promise<void> | undefined {
    return this.#rebuilding;
  }

  #read(): Promise<readonly Rule[]> {
    const { list, clock } = this.#options;
    const askedAtMs = clock();
    this.#reads += 1;
    const number = this.#reads;
    this.#askedAtMs = askedAtMs;
    this.#waiting = undefined;
    const reading = list()
      .then((rules) => {
        if (number > this.#newestRead) {
          this.#newestRead = number;
          this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
          this.#asOfMs = askedAtMs;
        }
        return rules;
      })
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
    return reading;
  }

  /** Resolves with the read that is under way, at the latest when those who wait for it have waited long enough. */
  #inTime(): Promise<void> | undefined {
    const { onFailure } = this.#options;
    if (this.#reading === undefined) return undefined;
    this.#waiting ??= within(RULES_WAIT_MS, this.#reading).then(
      (answer) => {
        if (answer === NO_ANSWER) onFailure(new Error(`the table gave no rules within ${RULES_WAIT_MS} ms`));
      },
      () => undefined,
    );
    return this.#waiting;
  }

  /** A clock that stepped either way makes a copy old. */
  #since(timeMs: number): number {
    return Math.abs(this.#options.clock() - timeMs);
  }
}
