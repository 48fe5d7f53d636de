import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { counted } from '../text/counted.ts';
import { isoTime } from '../text/iso-time.ts';
import { probesUnderWay } from './circuit-places.ts';

/** The dashboard's button that ends a forced state; in a terminal a command does. */
export const RELEASE_BUTTON = 'Automatic';

/** Continues "the circuit is". */
export const STATE_WORDS: Readonly<Record<CircuitState['state'], string>> = {
  closed: 'closed',
  open: 'open',
  'half-open': 'half-open',
  'forced-open': 'held open by hand',
  'forced-closed': 'held closed by hand',
};

/**
 * The state of a circuit and what it does next; continues "the circuit is".
 *
 * @param release the command or the button that ends a forced state
 */
export function circuitInWords(circuit: CircuitState, nowMs: number, release: string): string {
  const state = stateInWords(circuit);
  const next = nextInWords(circuit, nowMs, release, (atMs) => `from ${isoTime(atMs)} on`);
  return next === '' ? state : `${state}: ${next}`;
}

function stateInWords(circuit: CircuitState): string {
  if (circuit.version === 0) return 'closed, and never was anything else';
  const atMs = sinceMs(circuit);
  return `${STATE_WORDS[circuit.state]}${atMs === undefined ? '' : ` since ${isoTime(atMs)}`}`;
}

/** What a circuit does next; '' for a closed one. @param from words for a time: `from 10:00 on` or `in 5 s` */
export function nextInWords(
  circuit: CircuitState,
  nowMs: number,
  release: string,
  from: (atMs: number) => string,
): string {
  const atMs = nextMs(circuit, nowMs);
  switch (circuit.state) {
    case 'closed':
      return atMs === undefined ? '' : `all requests pass again ${from(atMs)}`;
    case 'open':
      return atMs === undefined ? 'the next request is a probe' : `probes are sent ${from(atMs)}`;
    case 'half-open':
      return `${counted(circuit.succeeded, 'probe')} succeeded, ${probesUnderWay(circuit, nowMs)} under way`;
    case 'forced-open':
    case 'forced-closed':
      return `it moves by itself again ${atMs === undefined ? `after ${release}` : from(atMs)}`;
  }
}

/** What shadow mode means for the circuit's present state. */
export function shadowInWords(circuit: CircuitState | null): string {
  return circuit?.state === 'forced-open'
    ? 'in shadow mode: rejects nothing by itself, but all requests while it is held open by hand'
    : 'in shadow mode: rejects nothing by itself';
}

/** When a circuit changes by itself; undefined: it does not, or the time is unknown. */
export function nextMs(circuit: CircuitState, nowMs: number): number | undefined {
  switch (circuit.state) {
    case 'closed':
      return nowMs < circuit.rampUntilMs ? circuit.rampUntilMs : undefined;
    case 'open':
      return nowMs < circuit.retryAtMs ? circuit.retryAtMs : undefined;
    case 'half-open':
      return undefined;
    case 'forced-open':
    case 'forced-closed':
      return circuit.untilMs === 0 ? undefined : circuit.untilMs;
  }
}

/** When a circuit came to its state, for its present cause; undefined: it has never moved, or the time is unknown. */
export function sinceMs({ atMs }: CircuitState): number | undefined {
  return atMs === 0 ? undefined : atMs;
}

/** When the circuit's outage began; undefined: there is none, or it began with the present state. */
export function outageMs(circuit: CircuitState): number | undefined {
  if (circuit.state !== 'open' && circuit.state !== 'half-open') return undefined;
  return circuit.openedAtMs === circuit.atMs ? undefined : circuit.openedAtMs;
}
