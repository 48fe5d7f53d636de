import { setTimeout as timer } from 'node:timers/promises';
import { ConnectionError, type UpstreamError } from '../../adapters/http/upstream-error.ts';
import type { RetryPolicy, ServicePolicy } from '../../contract/policy.ts';
import { periodOf } from '../../core/circuit/outcome.ts';
import { OutcomeBatch } from '../../core/circuit/outcome-batch.ts';
import type { OutcomeCounter } from '../../core/circuit/outcome-counter.ts';
import { isIdempotent, leavesTime, retryPauseMs } from '../../core/circuit/retry.ts';
import type { RetryBudget } from '../../core/circuit/retry-budget.ts';
import type { Exchange } from '../exchange.ts';

/** Over which the budget of a service without a circuit is counted. */
const WINDOW_MS = 10_000;

const ONE_REQUEST = { total: 1, failures: 0, slow: 0 };

export interface RetryingOptions {
  readonly policy: ServicePolicy;
  readonly outcomes: OutcomeCounter;
  readonly retryBudget: RetryBudget;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** 0 <= x < 1. */
  readonly random: () => number;
  /**
   * The pause before an attempt.
   *
   * @default - a timer
   */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export interface Retrying {
  /** Counts a request, since the budget is a share of them all. */
  begin(exchange: Exchange): void;
  /** Whether a request that failed is to be sent again; answers when it is time to. */
  again(exchange: Exchange, error: UpstreamError, deadlineAtMs: number): Promise<boolean>;
}

/**
 * Only what may be done twice is sent again, and only where the connection failed: an upstream that answers too late or
 * with an error is at work, and more work does not help it. See docs/decisions/0018-retries-and-deadlines.md.
 */
export function retrying({ attempts, budgetShare }: RetryPolicy, options: RetryingOptions): Retrying {
  const { policy, outcomes, retryBudget, monotonic, random, sleep = timer } = options;
  const windowMs = policy.circuit?.windowMs ?? WINDOW_MS;
  const periodFor = ({ circuit }: Exchange) => periodOf(policy, circuit?.state.version ?? 0);
  const batch = new OutcomeBatch(windowMs);

  return {
    begin: (exchange) => {
      // A circuit that looks at outcomes counts them, and so the requests, itself.
      if (policy.circuit?.outcomes) return;
      const period = periodFor(exchange);
      const due = batch.add(period, ONE_REQUEST, monotonic());
      if (due === undefined) return;
      void outcomes.record(period, due, windowMs).then(({ isSteady }) => batch.noteSteady(period, isSteady));
    },
    again: async (exchange, error, deadlineAtMs) => {
      const retries = (exchange.forwarded?.attempts.length ?? 1) - 1;
      if (retries >= attempts || !mayBeSentAgain(exchange, error)) return false;
      const pauseMs = retryPauseMs(retries, random());
      if (!leavesTime(deadlineAtMs - monotonic(), pauseMs)) return false;
      await sleep(pauseMs);
      // Asked after the pause: nothing is taken that is not used, unless the answer itself comes too late.
      const isTaken = await retryBudget.takeRetry(periodFor(exchange), budgetShare, windowMs);
      return isTaken && leavesTime(deadlineAtMs - monotonic(), 0);
    },
  };
}

function mayBeSentAgain({ message, circuit }: Exchange, error: UpstreamError): boolean {
  if (message === undefined || !isIdempotent(message.method) || !(error instanceof ConnectionError)) return false;
  // An upstream that refuses a body refuses it again, and each attempt would take from the budget of all clients.
  if (error.code === 'unsent') return false;
  // A probe is one request, and an upstream that is in doubt gets no more of them than it must.
  return !circuit || (circuit.state.state === 'closed' && circuit.admission === 'pass');
}
