import { DecodeError } from '../../contract/decode.ts';
import { sizeOf } from '../../contract/limits/limit-policy.ts';
import type { OutcomeCounts, OutcomeReport } from '../../core/circuit/outcome.ts';
import type { Decision } from '../../core/limits/decision.ts';
import type { CountedLimit, LimitRequest, Ruling } from '../../core/limits/limiter.ts';
import type { StoreBreaker } from '../redis/store-breaker.ts';
import type { Counters } from './counters.ts';
import { RULES_FRESH_MS } from './decide-script.ts';
import type { OperatorRules } from './operator-rules.ts';

export interface LadderOptions {
  readonly shared: Counters;
  /** Counts in this instance alone, and knows the operators' rules without the shared store. */
  readonly local: Counters;
  readonly breaker: StoreBreaker;
  readonly rules: Pick<OperatorRules, 'isRevoked'>;
  /** Called for each failed call to the shared store. */
  readonly onFailure: () => void;
}

/**
 * Counts in the shared store while it answers. While it does not, each limit does what its `onStoreFailure` says. A
 * ruling always comes.
 */
export class LadderCounters implements Counters {
  readonly #options: LadderOptions;

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  decide(request: LimitRequest): Promise<Ruling> {
    return this.#climb(
      (shared) => this.#decideTogether(shared, request),
      () => this.#decideAlone(request),
    );
  }

  /** The store may have been lost or found since the lease was taken; one in a lost store ends by itself. */
  async release(request: LimitRequest): Promise<void> {
    await this.#options.local.release(request);
    await this.#climb(
      (shared) => shared.release(request),
      async () => undefined,
    );
  }

  settled(): Promise<void> | undefined {
    return this.#options.shared.settled();
  }

  record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    return this.#climb(
      (shared) => shared.record(period, outcomes, windowMs),
      () => this.#options.local.record(period, outcomes, windowMs),
      isUnreachable,
    );
  }

  endPeriod(period: string, version: number, windowMs: number): Promise<void> {
    return this.#climb(
      (shared) => shared.endPeriod(period, version, windowMs),
      async () => undefined,
      isUnreachable,
    );
  }

  takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean> {
    return this.#climb(
      (shared) => shared.takeRetry(period, budgetShare, windowMs),
      () => this.#options.local.takeRetry(period, budgetShare, windowMs),
      isUnreachable,
    );
  }

  /** @param isLost whether a failure says that the store is lost, to the limits as well */
  async #climb<T>(
    ask: (shared: Counters) => Promise<T>,
    otherwise: () => Promise<T>,
    isLost: (error: unknown) => boolean = () => true,
  ): Promise<T> {
    const { shared, breaker, onFailure } = this.#options;
    if (!breaker.mayBeAsked()) return otherwise();
    const begun = breaker.changes;
    try {
      return await ask(shared);
    } catch (error) {
      onFailure();
      if (isLost(error)) breaker.failed(error, begun);
      return otherwise();
    }
  }

  async #decideTogether(shared: Counters, request: LimitRequest): Promise<Ruling> {
    const { breaker, rules } = this.#options;
    const ruling = await shared.decide(request);
    // A store that was away knows nothing of who was revoked meanwhile, until its copies of the rules are made anew.
    if (breaker.sinceRecoveryMs > RULES_FRESH_MS || !(await rules.isRevoked(request.identity))) return ruling;
    if (ruling.outcome === 'allowed') await shared.release(request);
    return { outcome: 'revoked', decisions: [] };
  }

  async #decideAlone(request: LimitRequest): Promise<Ruling> {
    const { limits } = request;
    const closed = limits.some(({ policy }) => policy.onStoreFailure === 'closed' && !policy.shadow);
    const ruling = await this.#options.local.decide({ ...request, limits: closed ? [] : limits.filter(isLocal) });
    if (ruling.outcome === 'revoked') return ruling;
    if (closed) return { outcome: 'unavailable', decisions: limits.map(uncounted) };
    const counted = ruling.decisions[Symbol.iterator]();
    return {
      outcome: ruling.outcome,
      decisions: limits.map((limit) => (isLocal(limit) ? (counted.next().value as Decision) : uncounted(limit))),
    };
  }
}

/** An answer that is an error or nonsense, about one circuit's counts, is an answer all the same. */
function isUnreachable(error: unknown): boolean {
  return !(error instanceof DecodeError) && (error as Error).name !== 'ReplyError';
}

function isLocal({ policy }: CountedLimit): boolean {
  return policy.onStoreFailure === 'local';
}

/** What is said of a limit that nobody counts. */
function uncounted({ policy }: CountedLimit): Decision {
  const limit = sizeOf(policy);
  return { policy, allowed: policy.onStoreFailure !== 'closed', limit, remaining: limit, resetMs: 0, counted: 'not' };
}
