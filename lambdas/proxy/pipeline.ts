import type { CircuitView } from '../adapters/circuit/circuit-view.ts';
import type { Upstream } from '../adapters/http/upstream.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import { openByShare } from '../core/circuit/open-strategy.ts';
import type { OutcomeCounter } from '../core/circuit/outcome-counter.ts';
import type { RetryBudget } from '../core/circuit/retry-budget.ts';
import type { Limiter } from '../core/limits/limiter.ts';
import { pipelineBuilder } from './pipeline-builder.ts';
import { answers } from './stages/answering.ts';
import { authentication } from './stages/authentication.ts';
import { circuitBreaking, noCircuit } from './stages/circuit-breaking.ts';
import { composing } from './stages/composing.ts';
import { forwarding } from './stages/forwarding.ts';
import { logLine, type StoreEvents } from './stages/log-line.ts';
import { rateLimiting } from './stages/rate-limiting.ts';
import { routing } from './stages/routing.ts';
import { settling } from './stages/settling.ts';

export interface PipelineOptions {
  readonly policy: ServicePolicy;
  readonly limiter: Limiter;
  readonly outcomes: OutcomeCounter;
  readonly retryBudget: RetryBudget;
  /** Undefined for a service without a circuit. */
  readonly circuit: CircuitView | undefined;
  readonly upstream: Upstream;
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

/**
 * A request goes through the stages from top to bottom, its answer from bottom to top. A stage refuses a request by a
 * `Problem`, which `answers` turns into a response. Each stage declares what it needs from those before it: without one of
 * them, or in another order, this does not compile.
 */
export function pipeline(options: PipelineOptions) {
  const { policy, limiter, circuit: view, clock, monotonic } = options;
  const { circuit } = policy;
  return pipelineBuilder()
    .use(logLine(options))
    .use(settling([limiter, view]))
    .use(answers(policy))
    .use(routing(policy))
    .use(authentication(policy))
    .use(rateLimiting(policy, limiter, clock))
    .use(composing(options))
    .use(
      circuit && view
        ? circuitBreaking({ ...options, circuit, view, opens: openByShare })
        : noCircuit(policy, monotonic),
    )
    .handler(forwarding(options));
}
