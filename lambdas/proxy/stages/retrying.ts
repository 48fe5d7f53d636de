import { setTimeout as timer } from 'node:timers/promises';
import { ConnectionError, type UpstreamError } from '../../adapters/http/upstream-error.ts';
import type { RetryPolicy } from '../../contract/policy.ts';
import { periodOf } from '../../core/circuit/outcome.ts';
import { OutcomeBatch } from '../../core/circuit/outcome-batch.ts';
import { isIdempotent, leavesTime, retryPauseMs } from '../../core/circuit/retry.ts';
import type { ExchangeWith } from '../exchange.ts';
import type { PipelineOptions } from '../pipeline-options.ts';

/** The window of the budget of a service without a circuit. */
const WINDOW_MS = 10_000;

const ONE_REQUEST = { total: 1, failures: 0, slow: 0 };

export interface RetryingOptions
  extends Pick<PipelineOptions, 'policy' | 'outcomes' | 'retryBudget' | 'monotonic' | 'random'> {
  /** The pause before an attempt. @default - a timer */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

type Retried = ExchangeWith<'message' | 'circuit' | 'deadlineAtMs'>;

export interface Retrying {
  /** Counts a request, since the budget is a share of them all. */
  begin(exchange: ExchangeWith<'circuit'>): void;
  /** Whether to send a request again that failed; resolves when it is time to. @param retries made so far */
  again(exchange: Retried, error: UpstreamError, retries: number): Promise<boolean>;
}

/**
 * Sends only idempotent requests again, and only after a failed connection: an upstream that answers too late or with an
 * error is at work, and more work does not help it. See docs/decisions/0018-retries-and-deadlines.md.
 */
export function retrying({ attempts, budgetShare }: RetryPolicy, options: RetryingOptions): Retrying {
  const { policy, outcomes, retryBudget, monotonic, random, sleep = timer } = options;
  const windowMs = policy.circuit?.windowMs ?? WINDOW_MS;
  const periodFor = ({ circuit }: ExchangeWith<'circuit'>) => periodOf(policy, circuit?.state.version ?? 0);
  const batch = new OutcomeBatch(windowMs);

  return {
    begin: (exchange) => {
      // A circuit that counts outcomes counts the requests with them.
      if (policy.circuit?.outcomes) return;
      const period = periodFor(exchange);
      const due = batch.add(period, ONE_REQUEST, monotonic());
      if (due === undefined) return;
      void outcomes.record(period, due, windowMs).then(({ isSteady }) => batch.noteSteady(period, isSteady));
    },
    again: async (exchange, error, retries) => {
      const { deadlineAtMs } = exchange;
      if (retries >= attempts || !mayBeSentAgain(exchange, error)) return false;
      const pauseMs = retryPauseMs(retries, random());
      if (!leavesTime(deadlineAtMs - monotonic(), pauseMs)) return false;
      await sleep(pauseMs);
      // The budget is asked after the pause: its retry is used, unless its own answer comes too late.
      const isTaken = await retryBudget.takeRetry(periodFor(exchange), budgetShare, windowMs);
      return isTaken && leavesTime(deadlineAtMs - monotonic(), 0);
    },
  };
}

function mayBeSentAgain({ message, circuit }: Retried, error: UpstreamError): boolean {
  if (!isIdempotent(message.method) || !(error instanceof ConnectionError)) return false;
  // An upstream that refuses a body refuses it again, and each attempt would take from the budget of all clients.
  if (error.code === 'unsent') return false;
  // A probe is one request, and an upstream that may still be ill gets no more of them than it must.
  return !circuit || (circuit.state.state === 'closed' && circuit.action === 'pass');
}
