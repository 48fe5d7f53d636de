import type { CircuitView } from '../adapters/circuit/circuit-view.ts';
import type { Upstream } from '../adapters/http/upstream.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import type { OutcomeCounter } from '../core/circuit/outcome-counter.ts';
import type { RetryBudget } from '../core/circuit/retry-budget.ts';
import type { Limiter } from '../core/limits/limiter.ts';
import { answers } from './stages/answering.ts';
import { authentication } from './stages/authentication.ts';
import { circuitBreaking, noCircuit } from './stages/circuit-breaking.ts';
import { composing } from './stages/composing.ts';
import { forwarding } from './stages/forwarding.ts';
import { leases } from './stages/lease-returning.ts';
import { logLine, type StoreEvents } from './stages/log-line.ts';
import { rateLimiting } from './stages/rate-limiting.ts';
import { routing } from './stages/routing.ts';
import { stages } from './stages.ts';

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
  /** Names this instance in log lines and history of a circuit. */
  readonly by: string;
}

/**
 * The way of one request, top to bottom; the answer goes back bottom to top. A stage that refuses throws a `Problem`,
 * which `answers` turns into a response. Each stage says what it needs of those before it: without one of them, or in
 * another order, this does not compile.
 */
export function pipeline(options: PipelineOptions) {
  const { policy, limiter, circuit: view, clock } = options;
  const { circuit } = policy;
  return stages()
    .use(logLine(options))
    .use(answers())
    .use(routing(policy))
    .use(authentication(policy, limiter))
    .use(rateLimiting(policy, limiter, clock))
    .use(composing(options))
    .use(circuit && view ? circuitBreaking({ ...options, circuit, view }) : noCircuit())
    .use(leases(limiter))
    .handler(forwarding(options));
}
