import type { CircuitTiming } from '../contract/circuit-policy.ts';
import {
  type Cause,
  type CircuitState,
  type Closed,
  type Forced,
  type HalfOpen,
  type Moved,
  NOBODY,
  type Open,
} from '../contract/circuit-state.ts';

/** What moves a circuit. */
export type Signal =
  | ({ readonly type: 'trip'; readonly atMs: number } & Cause)
  | { readonly type: 'probe-started'; readonly id: string; readonly leaseMs: number; readonly by: string }
  | { readonly type: 'probe-succeeded'; readonly id: string; readonly by: string }
  | { readonly type: 'probe-failed'; readonly id: string; readonly by: string; readonly reason: string }
  | {
      readonly type: 'force';
      readonly to: Forced['state'];
      /** 0: until an operator releases it. */
      readonly untilMs: number;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly type: 'release'; readonly by: string; readonly reason: string }
  /** Makes of a circuit what the time has made of it. */
  | { readonly type: 'time' };

/** What a circuit says to one request. */
export type Admission = 'pass' | 'probe' | 'reject';

export interface Now {
  readonly nowMs: number;
  /** 0 <= random < 1: spreads the ends of what opened together, and chooses who passes while a circuit ramps up. */
  readonly random: number;
}

/** Of the requests, while a circuit begins to ramp up. */
const FIRST_SHARE = 0.1;

/**
 * The state after `signal`. Returns the same object when the signal changes nothing, otherwise one whose version is the
 * next. See docs/circuits.md for the table.
 */
export function transition(circuit: CircuitState, signal: Signal, now: Now, timing: CircuitTiming): CircuitState {
  const settled = settle(circuit, now.nowMs);
  const next = move(settled, signal, now, timing);
  if (next === settled && signal.type !== 'time') return circuit;
  return next === circuit ? circuit : { ...next, version: circuit.version + 1 };
}

/** What has become of a circuit by now, without anybody's signal: what was forced for a time ends by itself. */
export function settle(circuit: CircuitState, nowMs: number): CircuitState {
  if (!isForced(circuit) || circuit.untilMs === 0 || nowMs < circuit.untilMs) return circuit;
  const { untilMs, alarmAtMs, version } = circuit;
  const cause: Cause = { ...NOBODY, reason: `the time is over for which it was ${circuit.state}` };
  return freed(circuit, untilMs, { ...cause, alarmAtMs, version });
}

function move(circuit: CircuitState, signal: Signal, now: Now, timing: CircuitTiming): CircuitState {
  const { nowMs } = now;
  const { version, alarmAtMs } = circuit;
  switch (signal.type) {
    case 'trip':
      return trip(circuit, signal, now, timing);
    case 'probe-started':
      return lease(circuit, signal, nowMs, timing);
    case 'probe-succeeded':
      return succeed(circuit, signal, nowMs, timing);
    case 'probe-failed': {
      if (circuit.state !== 'half-open' || !isLeased(circuit, signal.id)) return circuit;
      const { openedAtMs } = circuit;
      const { by, reason } = signal;
      const reopenings = circuit.reopenings + 1;
      const figures = { succeeded: circuit.succeeded, reopenings };
      const cause: Cause = { source: 'outcomes', by, reason, figures };
      return { ...opened(reopenings, now, timing), openedAtMs, version, alarmAtMs, ...cause };
    }
    case 'force': {
      const { to, untilMs, by, reason } = signal;
      const cause: Cause = { source: 'operator', by, reason, figures: {} };
      return { state: to, sinceMs: nowMs, untilMs, version, alarmAtMs, ...cause };
    }
    case 'release': {
      if (!isForced(circuit)) return circuit;
      const { by, reason } = signal;
      return freed(circuit, nowMs, { source: 'operator', by, reason, figures: {}, version, alarmAtMs });
    }
    case 'time':
      return circuit;
  }
}

/** An open circuit is already being dealt with, a forced one is an operator's, and what an alarm said before is history. */
function trip(circuit: CircuitState, signal: Extract<Signal, { type: 'trip' }>, now: Now, timing: CircuitTiming) {
  const { source, by, reason, figures, atMs } = signal;
  if (circuit.state !== 'closed') return circuit;
  if (source === 'alarm' && (atMs <= circuit.alarmAtMs || atMs < circuit.closedAtMs)) return circuit;
  const reopenings = now.nowMs < circuit.rampUntilMs ? circuit.reopenings + 1 : 0;
  const alarmAtMs = source === 'alarm' ? atMs : circuit.alarmAtMs;
  const cause = { source, by, reason, figures };
  const { version } = circuit;
  return { ...opened(reopenings, now, timing), openedAtMs: now.nowMs, version, alarmAtMs, ...cause };
}

/** The first time for as long as the policy says. Then for twice as long each time, at random down to half of that. */
function opened(reopenings: number, { nowMs, random }: Now, { openForMs, maxOpenForMs }: CircuitTiming) {
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
  const { openedAtMs, reopenings, version, alarmAtMs } = circuit;
  const cause: Cause = { source: 'time', by, reason: 'the time to stay open is over', figures: {} };
  return { state: 'half-open', openedAtMs, reopenings, leases, succeeded: 0, version, alarmAtMs, ...cause };
}

function succeed(
  circuit: CircuitState,
  { id, by }: Extract<Signal, { type: 'probe-succeeded' }>,
  nowMs: number,
  { successes, rampUpMs }: CircuitTiming,
): CircuitState {
  if (circuit.state !== 'half-open' || !isLeased(circuit, id)) return circuit;
  const { [id]: _, ...leases } = circuit.leases;
  const succeeded = circuit.succeeded + 1;
  if (succeeded < successes) return { ...circuit, leases, succeeded };
  const { openedAtMs, reopenings, version, alarmAtMs } = circuit;
  const figures = { succeeded, openMs: Math.max(0, nowMs - openedAtMs) };
  const reason = `${succeeded} of ${succeeded} probes succeeded`;
  const rampUntilMs = rampUpMs === 0 ? 0 : nowMs + rampUpMs;
  const cause: Cause = { source: 'outcomes', by, reason, figures };
  return { state: 'closed', closedAtMs: nowMs, rampUntilMs, reopenings, version, alarmAtMs, ...cause };
}

/** Where an operator's hand is taken off: what was shut must show first that it is well. */
function freed({ state, sinceMs }: Forced, nowMs: number, moved: Moved): Closed | Open {
  return state === 'forced-closed'
    ? { state: 'closed', closedAtMs: nowMs, rampUntilMs: 0, reopenings: 0, ...moved }
    : { state: 'open', openedAtMs: sinceMs, retryAtMs: nowMs, reopenings: 0, ...moved };
}

/** What the circuit says to a request that comes now. */
export function admit(stored: CircuitState, { nowMs, random }: Now, timing: CircuitTiming): Admission {
  const circuit = settle(stored, nowMs);
  switch (circuit.state) {
    case 'closed':
      return random < shareAt(circuit, nowMs, timing) ? 'pass' : 'reject';
    case 'open':
    case 'half-open':
      return hasPlace(circuit, nowMs, timing) ? 'probe' : 'reject';
    case 'forced-open':
      return 'reject';
    case 'forced-closed':
      return 'pass';
  }
}

/** Of the requests that come while the circuit ramps up; grows evenly from a tenth to all. */
function shareAt({ rampUntilMs }: Closed, nowMs: number, { rampUpMs }: CircuitTiming): number {
  const leftMs = rampUntilMs - nowMs;
  // One that ramps up for longer than it may was closed by a clock that is ahead of this one.
  if (leftMs <= 0 || leftMs > rampUpMs) return 1;
  return Math.max(FIRST_SHARE, 1 - leftMs / rampUpMs);
}

/** Whether one more probe may be sent: never more at once than there are places, nor more than it takes to close. */
function hasPlace(circuit: Open | HalfOpen, nowMs: number, { probes, successes }: CircuitTiming): boolean {
  if (circuit.state === 'open') return nowMs >= circuit.retryAtMs;
  const underWay = Object.keys(liveLeases(circuit, nowMs)).length;
  return underWay < probes && underWay + circuit.succeeded < successes;
}

function liveLeases(circuit: Open | HalfOpen, nowMs: number): Readonly<Record<string, number>> {
  if (circuit.state === 'open') return {};
  return Object.fromEntries(Object.entries(circuit.leases).filter(([, untilMs]) => nowMs < untilMs));
}

function isLeased({ leases }: HalfOpen, id: string): boolean {
  return Object.hasOwn(leases, id);
}

export function isForced(circuit: CircuitState): circuit is Forced {
  return circuit.state === 'forced-open' || circuit.state === 'forced-closed';
}

/** Whether a change is one that people look for: probes that come and go within a half-open circuit are not. */
export function isTransition(previous: CircuitState, next: CircuitState): boolean {
  return previous.state !== next.state || isForced(next);
}

/** Whole seconds, at least 1, after which a rejected client may ask again (`Retry-After`, RFC 9110 §10.2.3). */
export function retryAfterS(stored: CircuitState, nowMs: number): number {
  const circuit = settle(stored, nowMs);
  const atMs = circuit.state === 'open' ? circuit.retryAtMs : circuit.state === 'forced-open' ? circuit.untilMs : nowMs;
  return Math.max(1, Math.ceil((atMs - nowMs) / 1000));
}

/**
 * What is read from the table, kept from doing harm where its writer's clock was far off or somebody edited it by hand:
 * nothing lasts longer from now on than the policy allows.
 */
export function bounded(circuit: CircuitState, nowMs: number, timing: CircuitTiming, leaseMs: number): CircuitState {
  if (circuit.state === 'open') {
    const retryAtMs = Math.min(circuit.retryAtMs, nowMs + Math.max(timing.openForMs, timing.maxOpenForMs));
    return retryAtMs === circuit.retryAtMs ? circuit : { ...circuit, retryAtMs };
  }
  if (circuit.state !== 'half-open') return circuit;
  const leases = Object.entries(circuit.leases).map(([id, untilMs]) => [id, Math.min(untilMs, nowMs + leaseMs)]);
  return { ...circuit, leases: Object.fromEntries(leases) };
}
