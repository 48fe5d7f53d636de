import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { LimitOverride, Rule } from '../../contract/limits/operator-rule.ts';
import type { Identity } from '../../core/limits/limiter.ts';
import { isRevoked, overrideFor, type Rules } from '../../core/limits/rule-matching.ts';
import { NO_ANSWER, within } from '../within.ts';

/** How long the rules in memory serve before they are read again. */
export const RULES_REREAD_MS = 5_000;
/** Until this age they serve while they are read again. Older ones are of an earlier outage, and requests wait. */
export const RULES_STALE_MS = 60_000;
/** How long requests wait for a read, all of them together: a request that comes later does not wait for it. */
export const RULES_WAIT_MS = 50;

/** How long a reply waits while copies are made again: after it Lambda freezes the instance, and the copying. */
export const REBUILD_WAIT_MS = 500;

export interface RuleCacheOptions {
  /** All rules, from the table. */
  readonly list: () => Promise<readonly Rule[]>;
  readonly service: string;
  /** Makes Redis's copies again from `list`, which it calls after it has looked at them. */
  readonly copy: (list: () => Promise<readonly Rule[]>) => Promise<unknown>;
  /** Epoch milliseconds: they go on while Lambda freezes the instance. */
  readonly clock: () => number;
  /** Called for each failed call to a store, and once for a read that is late. */
  readonly onFailure: (error: unknown) => void;
}

/** The operators' rules, for requests to which Redis cannot apply them. */
export type OperatorRules = Pick<RuleCache, 'isRevoked' | 'overrideFor' | 'invalidate' | 'rebuild' | 'settled'>;

/**
 * The operators' rules in this instance's memory. It reads them from the table only while Redis is lost, or until its
 * copies are made again after a flush.
 */
export class RuleCache {
  readonly #options: RuleCacheOptions;
  #rules: Rules | undefined;
  /** When the read of `#rules` began. */
  #asOfMs = Number.NEGATIVE_INFINITY;
  /** When the last read began, whether or not it succeeded. */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #reads = 0;
  #newestRead = 0;
  #reading: Promise<readonly Rule[]> | undefined;
  #waiting: Promise<void> | undefined;
  #rebuilding: Promise<void> | undefined;

  constructor(options: RuleCacheOptions) {
    this.#options = options;
  }

  /** True when the request's token, client or tenant is revoked, as far as this instance can know it in time. */
  async isRevoked(identity: Identity): Promise<boolean> {
    const { clock, onFailure } = this.#options;
    if (this.#reading === undefined && this.#since(this.#askedAtMs) > RULES_REREAD_MS) this.#read().catch(onFailure);
    if (this.#since(this.#asOfMs) > RULES_STALE_MS) await this.#inTime();
    return this.#rules !== undefined && isRevoked(this.#rules, identity, clock());
  }

  /** An operator's numbers in place of a limit's own, as far as this instance knows them now. */
  overrideFor(identity: Identity, limit: Pick<LimitPolicy, 'name' | 'by'>): LimitOverride | undefined {
    if (this.#rules === undefined) return undefined;
    return overrideFor(this.#rules, identity, limit, this.#options.service, this.#options.clock());
  }

  /** Redis has just lost its rules, and they may be newer than these: the next request waits for a read that begins now. */
  invalidate(): void {
    this.#askedAtMs = Number.NEGATIVE_INFINITY;
    this.#asOfMs = Number.NEGATIVE_INFINITY;
    this.#reading = undefined;
  }

  /** Starts to make Redis's copies of the rules again. */
  rebuild(): void {
    const { copy, onFailure } = this.#options;
    // A read that began before may know less than the copies do.
    const copied = copy(() => this.#read()).then(() => undefined, onFailure);
    const rebuilding = within(REBUILD_WAIT_MS, copied).then(() => {
      if (this.#rebuilding === rebuilding) this.#rebuilding = undefined;
    });
    this.#rebuilding = rebuilding;
  }

  /** Resolves when that is done, or has taken too long; undefined when it is not under way. */
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

  /** Resolves with the read that is under way, at the latest after the time that requests wait for it. */
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
