import type { LimitPolicy } from '../contract/policy.ts';
import type { LimitOverride } from '../contract/rules.ts';
import type { CountedLimit, Counters, LimitRequest, Ruling } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import type { OutcomeCounts } from '../core/outcome.ts';
import type { OperatorRules } from './operator-rules.ts';
import type { StoreBreaker } from './store-breaker.ts';

export interface LadderOptions {
  readonly shared: Counters;
  readonly local: Counters;
  readonly breaker: StoreBreaker;
  readonly rules: OperatorRules;
  /** Called for each failed call to the shared store. */
  readonly onFailure: () => void;
}

/**
 * Counts in the shared store while it answers. While it does not, each limit does what its `onStoreFailure` says, and
 * who is revoked is known from the table. A ruling always comes.
 */
export class LadderCounters implements Counters {
  readonly #options: LadderOptions;

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  decide(request: LimitRequest): Promise<Ruling> {
    return this.#climb(
      (shared) => shared.decide(request),
      () => this.#decideAlone(request),
    );
  }

  /** A lease that was taken in the other store ends by itself. */
  release(request: LimitRequest): Promise<void> {
    const { local } = this.#options;
    return this.#climb(
      (shared) => shared.release(request),
      () => local.release(request),
    );
  }

  record(circuit: string, failed: boolean, windowMs: number): Promise<OutcomeCounts> {
    const { local } = this.#options;
    return this.#climb(
      (shared) => shared.record(circuit, failed, windowMs),
      () => local.record(circuit, failed, windowMs),
    );
  }

  async #climb<T>(ask: (shared: Counters) => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
    const { shared, breaker, onFailure } = this.#options;
    if (!breaker.answers) return otherwise();
    try {
      return await ask(shared);
    } catch (error) {
      onFailure();
      breaker.failed(error);
      return otherwise();
    }
  }

  async #decideAlone(request: LimitRequest): Promise<Ruling> {
    const { local, rules } = this.#options;
    if (await rules.isRevoked(request.identity)) return { outcome: 'revoked', decisions: [] };
    const { limits, identity } = request;
    const ways = new Set(limits.filter(({ policy }) => !policy.shadow).map(({ policy }) => policy.onStoreFailure));
    if (ways.has('closed')) {
      return { outcome: 'unavailable', decisions: limits.map(uncounted), degraded: 'closed' };
    }
    const counted = limits
      .filter(({ policy }) => policy.onStoreFailure === 'local')
      .map((limit) => overridden(limit, rules.overrideFor(identity, limit.policy.name)));
    const { outcome, decisions } = await local.decide({ ...request, limits: counted });
    const own = decisions[Symbol.iterator]();
    return {
      outcome,
      decisions: limits.map((limit) =>
        limit.policy.onStoreFailure === 'local' ? (own.next().value as Decision) : uncounted(limit),
      ),
      ...(limits.length > 0 && { degraded: ways.has('open') ? 'open' : 'local' }),
    };
  }
}

function overridden(limit: CountedLimit, override: LimitOverride | undefined): CountedLimit {
  if (override === undefined) return limit;
  const { policy } = limit;
  const changed: LimitPolicy =
    policy.kind === 'bucket'
      ? { ...policy, burst: override.limit, ratePerS: override.ratePerS ?? policy.ratePerS }
      : { ...policy, limit: override.limit };
  return { ...limit, policy: changed };
}

/** What is said of a limit that nobody counts. */
function uncounted({ policy }: CountedLimit): Decision {
  const limit = policy.kind === 'bucket' ? policy.burst : policy.limit;
  return { policy, allowed: policy.onStoreFailure !== 'closed', limit, remaining: limit, resetMs: 1000, local: true };
}
