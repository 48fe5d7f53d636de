import type { CircuitView } from '../adapters/circuit/circuit-view.ts';
import type { Upstream } from '../adapters/http/upstream.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import type { OutcomeCounter } from '../core/circuit/outcome-counter.ts';
import type { RetryBudget } from '../core/circuit/retry-budget.ts';
import type { Limiter } from '../core/limits/limiter.ts';

/** What the pipeline is made of; each stage picks its options from here. */
export interface PipelineOptions {
  readonly policy: ServicePolicy;
  readonly limiter: Limiter;
  readonly outcomes: OutcomeCounter;
  readonly retryBudget: RetryBudget;
  /** Undefined for a service without a circuit. */
  readonly circuit: CircuitView | undefined;
  readonly upstream: Upstream;
  /** The events of the stores since the last call. */
  readonly takeStoreEvents: () => StoreEvents;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** 0 <= x < 1. */
  readonly random: () => number;
  readonly randomHex: (bytes: number) => string;
  /** Names this instance in log lines and in the circuit's history. */
  readonly by: string;
}

/** Failed calls to the stores; the times that Redis was lost and recovered. */
export interface StoreEvents {
  readonly errors: number;
  readonly lost: number;
  readonly recovered: number;
}
