import type { CircuitPolicy } from '../../contract/circuit/circuit-policy.ts';
import type { Figures } from '../../contract/circuit/circuit-state.ts';
import type { ServicePolicy } from '../../contract/policy.ts';

/**
 * Why there is no answer to hand back:
 * - `timeout`: the deadline was missed;
 * - `event_stream`: the deadline was missed by an answer that is an event stream and has no end;
 * - `unreachable`: the connection was refused, reset or broken off, or what came is no HTTP;
 * - `unsent`: the upstream closed the connection before it had read the body that was sent to it;
 * - `too_large`: the answer is more than the gateway can return.
 */
export type AttemptError = 'timeout' | 'event_stream' | 'unreachable' | 'unsent' | 'too_large';

/** How an attempt to be answered by the upstream ended. */
export type AttemptResult = { readonly status: number } | { readonly error: AttemptError };

/** How many requests there were, how many of them failed, and how many were slow. */
export interface OutcomeCounts {
  readonly total: number;
  readonly failures: number;
  readonly slow: number;
}

/** What the window holds, what was just recorded included. */
export interface OutcomeReport extends OutcomeCounts {
  /** Version of the circuit that ended the period; 0: nobody has. */
  readonly endedBy: number;
  /** Whether there are so many that the few which are held back for a moment change no share. */
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

/** What counts as a failure where a service has no circuit that says so. */
type FailureRules = Pick<CircuitPolicy, 'failureStatuses' | 'failOnTimeout' | 'failOnReset'>;
const USUAL: FailureRules = { failureStatuses: null, failOnTimeout: true, failOnReset: true };

/** The upstream does not know the method, which the client chose (RFC 9110 §15.6.2). */
const NOT_IMPLEMENTED = 501;

/** True for an end that speaks of the upstream's health; a client's own error (4xx) never does. */
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
 * False for an end that a client brings about alone, by what it sends or asks for. Such an attempt counts for nothing:
 * as a failure, one client could open the circuit for all; as a success, it could hide that the upstream is dead.
 */
export function tellsHealth(result: AttemptResult): boolean {
  return !('error' in result) || (result.error !== 'unsent' && result.error !== 'event_stream');
}

/** One attempt as its circuit counts it. */
export function outcomeOf(result: AttemptResult, ms: number, policy: CircuitPolicy): OutcomeCounts {
  if (!tellsHealth(result)) return NO_OUTCOMES;
  const isSlow = policy.slow !== null && ms >= policy.slow.overMs;
  return { total: 1, failures: isFailure(result, policy) ? 1 : 0, slow: isSlow ? 1 : 0 };
}

/** Why the counts open a circuit, and by which figures; undefined when they do not. */
export function tripCause(
  { total, failures, slow }: OutcomeCounts,
  policy: CircuitPolicy,
): { readonly reason: string; readonly figures: Figures } | undefined {
  if (total < policy.minRequests) return undefined;
  const within = `within ${policy.windowMs / 1000} s`;
  // Divided, not multiplied: 0.07 * 100 is more than 7.
  if (failures / total >= policy.failureShare) {
    return { reason: `${failures} of ${total} calls failed ${within}`, figures: { calls: total, failures } };
  }
  if (policy.slow === null || slow / total < policy.slow.share) return undefined;
  const reason = `${slow} of ${total} calls took ${policy.slow.overMs} ms or longer ${within}`;
  return { reason, figures: { calls: total, slow } };
}

/** A closed circuit has its own counts: its version is in their name, so that old failures cannot reopen it. */
export function periodOf({ gateway, service }: Pick<ServicePolicy, 'gateway' | 'service'>, version: number): string {
  return `${gateway}/${service}/${version}`;
}
