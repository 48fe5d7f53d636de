import type { LimitOverride, Rule } from '../contract/rules.ts';
import type { Identity } from '../core/counters.ts';
import { isRevoked, overrideFor, type Rules } from '../core/rules.ts';
import { NO_ANSWER, within } from './within.ts';

/** A copy of the rules in memory, made when Redis could not tell, serves for so long without being read again. */
const FRESH_MS = 5_000;
/** How long a request waits for the first copy. Once an environment and outage: later requests use the last one. */
export const RULES_WAIT_MS = 50;

/** What operators said, for those who cannot learn it from Redis. */
export interface OperatorRules {
  /** True when the request's token, client or tenant is revoked, as far as it can be known in time. */
  isRevoked(identity: Identity): Promise<boolean>;
  /** What stands in place of a limit's own numbers, as far as it is known now. */
  overrideFor(identity: Identity, limitName: string): LimitOverride | undefined;
  /** Starts to make Redis's copies of the rules anew. */
  rebuild(): void;
}

export interface RuleBookOptions {
  /** All rules, from the table. */
  readonly list: () => Promise<readonly Rule[]>;
  readonly service: string;
  /** Writes them to Redis. */
  readonly copy: (rules: readonly Rule[]) => Promise<void>;
  /** Epoch milliseconds: they go on while Lambda holds the environment frozen. */
  readonly clock: () => number;
  /** Called for each failed call to a store. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The operators' rules in this environment's memory, read from the table only when Redis cannot tell: while it is lost,
 * and until its copies are made anew after it was flushed.
 */
export class RuleBook implements OperatorRules {
  readonly #options: RuleBookOptions;
  #rules: Rules | undefined;
  #asOfMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<readonly Rule[]> | undefined;

  constructor(options: RuleBookOptions) {
    this.#options = options;
  }

  async isRevoked(identity: Identity): Promise<boolean> {
    const { clock, onFailure } = this.#options;
    const read = Math.abs(clock() - this.#asOfMs) > FRESH_MS ? this.#read() : this.#reading;
    if (this.#rules === undefined && read !== undefined) {
      const answer = await within(
        RULES_WAIT_MS,
        read.catch(() => undefined),
      );
      if (answer === NO_ANSWER) onFailure(new Error(`the table gave no rules within ${RULES_WAIT_MS} ms`));
    } else {
      read?.catch(() => undefined);
    }
    return this.#rules !== undefined && isRevoked(this.#rules, identity, clock());
  }

  overrideFor(identity: Identity, limitName: string): LimitOverride | undefined {
    if (this.#rules === undefined) return undefined;
    return overrideFor(this.#rules, identity, limitName, this.#options.service, this.#options.clock());
  }

  rebuild(): void {
    const { copy, onFailure } = this.#options;
    this.#read().then(copy).catch(onFailure);
  }

  /** One read at a time. */
  #read(): Promise<readonly Rule[]> {
    if (this.#reading !== undefined) return this.#reading;
    const { list, clock } = this.#options;
    this.#asOfMs = clock();
    this.#reading = list()
      .then((rules) => {
        this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
        return rules;
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}
