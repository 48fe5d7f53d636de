import type { CircuitPolicy } from '../../contract/circuit/circuit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';

/**
 * Why there is no answer to return:
 * - `timeout`: the deadline was missed;
 * - `event_stream`: the deadline was missed by an answer that is an event stream and has no end;
 * - `unreachable`: the connection was refused, reset or broken off, or the answer is no HTTP;
 * - `unsent`: the upstream closed the connection before it had read the request's body;
 * - `too_large`: the answer is larger than the gateway can return.
 */
export type AttemptError = 'timeout' | 'event_stream' | 'unreachable' | 'unsent' | 'too_large';

/** How one attempt at a request ended. */
export type AttemptResult = { readonly status: number } | { readonly error: AttemptError };

/** Numbers of requests: all of them, failures, slow ones. */
export interface OutcomeCounts {
  readonly total: number;
  readonly failures: number;
  readonly slow: number;
}

/** The counts of the window, with the outcomes that were just recorded. */
export interface OutcomeReport extends OutcomeCounts {
  /** Version of the circuit that ended the period; 0: it goes on. */
  readonly endedBy: number;
  /** Whether there are many outcomes: those that instances hold back for a moment then change no share. */
  readonly isSteady: boolean;
}

export const NO_OUTCOMES: OutcomeCounts = { total: 0, failures: 0, slow: 0 };

export function sumOf(one: OutcomeCounts, other: OutcomeCounts): OutcomeCounts {
  return {
    total: one.total + other.total,
    failures: one.failures + other.failures,
    slow: one.slow + other.slow,
  };
}

/** Which attempts count as failures. */
type FailureRules = Pick<CircuitPolicy, 'failureStatuses' | 'failOnTimeout' | 'failOnReset'>;
/** For a service without a circuit. */
const USUAL: FailureRules = { failureStatuses: null, failOnTimeout: true, failOnReset: true };

/** The upstream does not know the method, which the client chose (RFC 9110 §15.6.2). */
const NOT_IMPLEMENTED = 501;

/** Whether an attempt shows that the upstream is ill; a client's own error (4xx) never does. */
export function isFailure(result: AttemptResult, policy: FailureRules | null): boolean {
  const { failureStatuses, failOnTimeout, failOnReset } = policy ?? USUAL;
  if ('status' in result) {
    const { status } = result;
    return failureStatuses?.includes(status) ?? (status >= 500 && status !== NOT_IMPLEMENTED);
  }
  switch (result.error) {
    case 'timeout':
      return failOnTimeout;
    case 'unreachable':
      return failOnReset;
    case 'too_large':
    case 'event_stream':
    case 'unsent':
      // The client alone can cause these: they say nothing about the upstream's health.
      return false;
  }
}

/**
 * False for an attempt whose end a client alone can cause, by the request that it sends. Such an attempt does not count: as
 * a failure, one client could open the circuit for all; as a success, it could hide that the upstream is dead.
 */
export function isHealthSignal(result: AttemptResult): boolean {
  return !('error' in result) || (result.error !== 'unsent' && result.error !== 'event_stream');
}

/** How the circuit counts one attempt. */
export function outcomeOf(result: AttemptResult, ms: number, policy: CircuitPolicy): OutcomeCounts {
  if (!isHealthSignal(result)) return NO_OUTCOMES;
  const isSlow = policy.slow !== null && ms >= policy.slow.overMs;
  return { total: 1, failures: isFailure(result, policy) ? 1 : 0, slow: isSlow ? 1 : 0 };
}

/** Names the counts of a closed circuit. Its version is in the name, so that old failures cannot reopen it. */
export function periodOf({ gateway, service }: Pick<ServicePolicy, 'gateway' | 'service'>, version: number): string {
  return `${gateway}/${service}/${version}`;
}
