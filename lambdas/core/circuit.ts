/** Who moved a circuit. */
export type CircuitSource = 'outcomes' | 'alarm' | 'operator';

interface Closed {
  readonly state: 'closed';
  readonly version: number;
  /** When it closed; 0 for a circuit that never opened. */
  readonly closedAtMs: number;
}

interface Open {
  readonly state: 'open';
  readonly version: number;
  readonly openedAtMs: number;
  /** From when on a probe may be sent. */
  readonly retryAtMs: number;
  readonly source: CircuitSource;
  readonly reason: string;
}

interface HalfOpen {
  readonly state: 'half-open';
  readonly version: number;
  readonly openedAtMs: number;
  /** Until when the one probe's holder has to report; later the probe is free again. */
  readonly probeLeaseUntilMs: number;
  readonly source: CircuitSource;
  readonly reason: string;
}

export type CircuitState = Closed | Open | HalfOpen;

/** What moves a circuit. */
export type Signal =
  | { readonly type: 'trip'; readonly source: CircuitSource; readonly reason: string; readonly atMs: number }
  | { readonly type: 'probe-started'; readonly leaseMs: number }
  | { readonly type: 'probe-succeeded' }
  | { readonly type: 'probe-failed'; readonly reason: string };

/** What a circuit says to one request. */
export type Admission = 'pass' | 'probe' | 'reject';

export const INITIAL_CIRCUIT: CircuitState = { state: 'closed', version: 0, closedAtMs: 0 };

/**
 * The state after `signal`. Returns the same object when the signal changes nothing, otherwise one whose version is
 * the next: a circuit's version grows by one with every transition and is what a conditional write compares.
 */
export function transition(
  circuit: CircuitState,
  signal: Signal,
  nowMs: number,
  { openForMs }: { readonly openForMs: number },
): CircuitState {
  const version = circuit.version + 1;
  switch (signal.type) {
    case 'trip': {
      // An open or half-open circuit is already being dealt with, and a signal from before it closed is history.
      if (circuit.state !== 'closed' || signal.atMs < circuit.closedAtMs) return circuit;
      const { source, reason } = signal;
      return { state: 'open', version, openedAtMs: nowMs, retryAtMs: nowMs + openForMs, source, reason };
    }
    case 'probe-started': {
      if (circuit.state === 'closed' || admit(circuit, nowMs) !== 'probe') return circuit;
      const { openedAtMs, source, reason } = circuit;
      return { state: 'half-open', version, openedAtMs, probeLeaseUntilMs: nowMs + signal.leaseMs, source, reason };
    }
    case 'probe-succeeded':
      return circuit.state === 'half-open' ? { state: 'closed', version, closedAtMs: nowMs } : circuit;
    case 'probe-failed': {
      if (circuit.state !== 'half-open') return circuit;
      const { openedAtMs, source } = circuit;
      return { state: 'open', version, openedAtMs, retryAtMs: nowMs + openForMs, source, reason: signal.reason };
    }
  }
}

export function admit(circuit: CircuitState, nowMs: number): Admission {
  switch (circuit.state) {
    case 'closed':
      return 'pass';
    case 'open':
      return nowMs < circuit.retryAtMs ? 'reject' : 'probe';
    case 'half-open':
      return nowMs < circuit.probeLeaseUntilMs ? 'reject' : 'probe';
  }
}

/** Whole seconds, at least 1, after which a rejected client may ask again (`Retry-After`, RFC 9110 §10.2.3). */
export function retryAfterS(circuit: CircuitState, nowMs: number): number {
  const atMs =
    circuit.state === 'open' ? circuit.retryAtMs : circuit.state === 'half-open' ? circuit.probeLeaseUntilMs : nowMs;
  return Math.max(1, Math.ceil((atMs - nowMs) / 1000));
}
