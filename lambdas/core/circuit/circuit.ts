import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import {
  type Cause,
  type CircuitState,
  type Closed,
  type Forced,
  type HalfOpen,
  type Moved,
  NOBODY,
  type Open,
} from '../../contract/circuit/circuit-state.ts';
import { hasPlace, liveLeases } from './circuit-places.ts';

/** A request to move a circuit. */
export type Signal =
  | ({
      readonly type: 'trip';
      readonly atMs: number;
      /** Version of the circuit whose outcomes trip it; another version is not tripped. @default - any */
      readonly ofVersion?: number;
    } & Cause)
  | { readonly type: 'probe-started'; readonly id: string; readonly leaseMs: number; readonly by: string }
  | { readonly type: 'probe-succeeded'; readonly id: string; readonly by: string }
  | { readonly type: 'probe-failed'; readonly id: string; readonly by: string; readonly reason: string }
  /** Returns an unused lease. */
  | { readonly type: 'probe-abandoned'; readonly id: string }
  | {
      readonly type: 'force';
      readonly to: Forced['state'];
      /** 0: until an operator releases it. */
      readonly untilMs: number;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly type: 'release'; readonly by: string; readonly reason: string }
  /** Writes down a change that time alone has made. */
  | { readonly type: 'time' };

export interface Now {
  readonly nowMs: number;
  /** 0 <= random < 1: spreads the ends of circuits that opened together, and the requests that pass during a ramp-up. */
  readonly random: number;
}

/** Clocks differ by less than this: a person wrote a time that is farther ahead. */
export const CLOCKS_DISAGREE_MS = 5 * 60_000;

/**
 * The state after `signal`. Returns the same object when the signal changes nothing, otherwise one whose version is the
 * next. See docs/circuits.md for the table.
 */
export function transition(circuit: CircuitState, signal: Signal, now: Now, timing: CircuitTiming): CircuitState {
  const settled = settle(circuit, now.nowMs);
  const next = move(settled, signal, now, timing);
  if (next === circuit || (next === settled && signal.type !== 'time')) return circuit;
  const atMs = next !== settled && isTransition(settled, next) ? now.nowMs : settled.atMs;
  return { ...next, version: circuit.version + 1, atMs };
}

/** The circuit as of now, without a signal: a state that was forced for a time ends by itself. */
export function settle(circuit: CircuitState, nowMs: number): CircuitState {
  if (!isForced(circuit) || circuit.untilMs === 0 || nowMs < circuit.untilMs) return circuit;
  const { untilMs } = circuit;
  const cause: Cause = { ...NOBODY, reason: `the time is over for which it was ${circuit.state}` };
  return freed(circuit, untilMs, { ...keptOf(circuit), ...cause, atMs: untilMs });
}

function move(circuit: CircuitState, signal: Signal, now: Now, timing: CircuitTiming): CircuitState {
  const { nowMs } = now;
  switch (signal.type) {
    case 'trip':
      return trip(circuit, signal, now, timing);
    case 'probe-started':
      return lease(circuit, signal, nowMs, timing);
    case 'probe-succeeded':
    case 'probe-failed':
    case 'probe-abandoned':
      return isLeased(circuit, signal.id) ? report(circuit, signal, now, timing) : circuit;
    case 'force': {
      const { to, untilMs, by, reason } = signal;
      const cause: Cause = { source: 'operator', by, reason, figures: {} };
      return { state: to, sinceMs: nowMs, untilMs, ...keptOf(circuit), ...cause };
    }
    case 'release': {
      if (!isForced(circuit)) return circuit;
      const { by, reason } = signal;
      return freed(circuit, nowMs, { ...keptOf(circuit), source: 'operator', by, reason, figures: {} });
    }
    case 'time':
      return circuit;
  }
}

/** An open circuit is already being dealt with, a forced one is an operator's, and what an alarm said before is history. */
function trip(circuit: CircuitState, signal: Extract<Signal, { type: 'trip' }>, now: Now, timing: CircuitTiming) {
  const { source, by, reason, figures, atMs, ofVersion = circuit.version } = signal;
  if (circuit.state !== 'closed' || ofVersion !== circuit.version) return circuit;
  if (source === 'alarm' && isPast(atMs, circuit, now.nowMs)) return circuit;
  const reopenings = now.nowMs < circuit.rampUntilMs ? circuit.reopenings + 1 : 0;
  const alarmAtMs = source === 'alarm' ? atMs : circuit.alarmAtMs;
  const cause = { source, by, reason, figures };
  return { ...opened(reopenings, now, timing), openedAtMs: now.nowMs, ...keptOf(circuit), alarmAtMs, ...cause };
}

/**
 * Whether the circuit has handled this alarm already, by CloudWatch's own clock, or the alarm is from before the circuit
 * closed. The second does not count if the clock that closed the circuit was ahead of this one.
 */
function isPast(atMs: number, { alarmAtMs, closedAtMs }: Closed, nowMs: number): boolean {
  const isHandled = alarmAtMs <= nowMs + CLOCKS_DISAGREE_MS && atMs <= alarmAtMs;
  return isHandled || (closedAtMs <= nowMs && atMs < closedAtMs);
}

/** A backoff that doubles has reached its ceiling long before. */
const MOST_REOPENINGS = 50;

/** Opens for the policy's time at first, then for twice as long each time, at random down to half of that. */
function opened(times: number, { nowMs, random }: Now, { openForMs, maxOpenForMs }: CircuitTiming) {
  const reopenings = Math.max(0, Math.min(times, MOST_REOPENINGS));
  const longestMs = Math.min(maxOpenForMs, openForMs * 2 ** reopenings);
  const waitMs = reopenings === 0 ? openForMs : Math.max(openForMs, longestMs * (0.5 + random / 2));
  return { state: 'open', retryAtMs: nowMs + Math.ceil(waitMs), reopenings } as const;
}

function lease(
  circuit: CircuitState,
  { id, leaseMs, by }: Extract<Signal, { type: 'probe-started' }>,
  nowMs: number,
  timing: CircuitTiming,
): CircuitState {
  if ((circuit.state !== 'open' && circuit.state !== 'half-open') || !hasPlace(circuit, nowMs, timing)) return circuit;
  const leases = { ...liveLeases(circuit, nowMs), [id]: nowMs + leaseMs };
  if (circuit.state === 'half-open') return { ...circuit, leases };
  const { openedAtMs, reopenings } = circuit;
  const cause: Cause = { source: 'time', by, reason: 'the time to stay open is over', figures: {} };
  return { state: 'half-open', openedAtMs, reopenings, leases, succeeded: 0, ...keptOf(circuit), ...cause };
}

type Report = Extract<Signal, { readonly type: 'probe-succeeded' | 'probe-failed' | 'probe-abandoned' }>;

/** The half-open circuit after one of its probes has ended. */
function report(circuit: HalfOpen, signal: Report, now: Now, timing: CircuitTiming): CircuitState {
  const { [signal.id]: _, ...leases } = circuit.leases;
  const { openedAtMs, reopenings } = circuit;
  switch (signal.type) {
    case 'probe-abandoned':
      return { ...circuit, leases };
    case 'probe-failed': {
      const { by, reason } = signal;
      const figures = { succeeded: circuit.succeeded, reopenings: reopenings + 1 };
      const cause: Cause = { source: 'outcomes', by, reason, figures };
      return { ...opened(reopenings + 1, now, timing), openedAtMs, ...keptOf(circuit), ...cause };
    }
    case 'probe-succeeded': {
      const succeeded = circuit.succeeded + 1;
      if (succeeded < timing.successes) return { ...circuit, leases, succeeded };
      const figures = { succeeded, openMs: Math.max(0, now.nowMs - openedAtMs) };
      const reason = `${succeeded} of ${succeeded} probes succeeded`;
      const cause: Cause = { source: 'outcomes', by: signal.by, reason, figures };
      return { ...closed(now.nowMs, timing.rampUpMs, reopenings), ...keptOf(circuit), ...cause };
    }
  }
}

function closed(closedAtMs: number, rampUpMs: number, reopenings: number) {
  return { state: 'closed', closedAtMs, rampUntilMs: rampUpMs === 0 ? 0 : closedAtMs + rampUpMs, reopenings } as const;
}

/** After a forced state: a circuit that was forced open sends probes before it closes. */
function freed({ state, sinceMs }: Forced, nowMs: number, moved: Moved): Closed | Open {
  return state === 'forced-closed'
    ? { ...closed(nowMs, 0, 0), ...moved }
    : { state: 'open', openedAtMs: sinceMs, retryAtMs: nowMs, reopenings: 0, ...moved };
}

/** Fields that a transition keeps: `transition` sets the version and the time. */
function keptOf({ version, atMs, alarmAtMs }: CircuitState): Pick<Moved, 'version' | 'atMs' | 'alarmAtMs'> {
  return { version, atMs, alarmAtMs };
}

function isLeased(circuit: CircuitState, id: string): circuit is HalfOpen {
  return circuit.state === 'half-open' && Object.hasOwn(circuit.leases, id);
}

export function isForced(circuit: CircuitState): circuit is Forced {
  return circuit.state === 'forced-open' || circuit.state === 'forced-closed';
}

/** Whether the history shows the change: another state, or a forced one again. Single probes are not shown. */
export function isTransition(previous: CircuitState, next: CircuitState): boolean {
  return previous.state !== next.state || isForced(next);
}
