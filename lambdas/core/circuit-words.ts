import type { Cause, CircuitState, Figures } from '../contract/circuit-state.ts';
import { printable } from '../contract/printable.ts';
import { probesUnderWay } from './circuit-places.ts';
import { isoTime } from './iso-time.ts';
import { shortened } from './shortened.ts';

/** The button after which a circuit moves by itself again on a dashboard; in a terminal a command is for that. */
export const RELEASE_BUTTON = 'Automatic';

// What an item of the table says was written by anybody: each text is made printable and kept short.
const BY_LENGTH = 128;
const REASON_LENGTH = 256;
const FIGURES = 8;
const FIGURE_NAME_LENGTH = 24;

const STANDS: Readonly<Record<CircuitState['state'], string>> = {
  closed: 'closed',
  open: 'open',
  'half-open': 'half-open, not closed',
  'forced-open': 'held open by hand',
  'forced-closed': 'held closed by hand',
};

/**
 * How a circuit stands and what it does next, in words that go on from "the circuit is".
 *
 * @param release the command or the button after which it moves by itself again, where this is read
 */
export function circuitInWords(circuit: CircuitState, nowMs: number, release: string): string {
  const since = sinceMs(circuit);
  const stands =
    since === undefined ? 'closed, and never was anything else' : `${STANDS[circuit.state]} since ${isoTime(since)}`;
  const next = nextInWords(circuit, nowMs, release, (atMs) => `from ${isoTime(atMs)} on`);
  return next === '' ? stands : `${stands}: ${next}`;
}

/** What a circuit does next; '' for one that is closed. @param from of a time, `from 10:00 on` or `in 5 s` */
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
      return `${circuit.succeeded} probes succeeded, ${probesUnderWay(circuit, nowMs)} under way`;
    case 'forced-open':
    case 'forced-closed':
      return `it moves by itself again ${atMs === undefined ? `after ${release}` : from(atMs)}`;
  }
}

/** When a circuit does something else by itself; undefined: it does not, or nobody knows when. */
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

/** When a circuit came to its state; undefined: it has never moved. */
export function sinceMs(circuit: CircuitState): number | undefined {
  switch (circuit.state) {
    case 'closed':
      return circuit.closedAtMs === 0 ? undefined : circuit.closedAtMs;
    case 'open':
    case 'half-open':
      return circuit.openedAtMs;
    case 'forced-open':
    case 'forced-closed':
      return circuit.sinceMs;
  }
}

/** `operator alice: the upstream is being moved` */
export function causeInWords({ source, by, reason }: Cause): string {
  const who = by === '' ? source : `${source} ${bounded(by, BY_LENGTH)}`;
  return reason === '' ? who : `${who}: ${bounded(reason, REASON_LENGTH)}`;
}

/** `requests 12, failures 7` */
export function figuresInWords(figures: Figures): string {
  return Object.entries(figures)
    .slice(0, FIGURES)
    .map(([name, value]) => `${bounded(name, FIGURE_NAME_LENGTH)} ${Number(value.toPrecision(6))}`)
    .join(', ');
}

function bounded(text: string, length: number): string {
  return printable(shortened(text, length));
}
