import type { CircuitTiming } from '../contract/circuit-policy.ts';
import type { Cause, CircuitState, Figures, HalfOpen } from '../contract/circuit-state.ts';
import { printable } from '../contract/printable.ts';
import { spanText } from './moments.ts';

// What an item of the table says was written by anybody: each text is made printable and kept short.
const BY_LENGTH = 80;
const REASON_LENGTH = 256;
const FIGURES = 8;
const FIGURE_NAME_LENGTH = 24;

/** What comes next, and when. */
export function nextText(circuit: CircuitState, nowMs: number, timing: CircuitTiming): string {
  switch (circuit.state) {
    case 'closed':
      return nowMs < circuit.rampUntilMs ? `all requests pass in ${spanText(circuit.rampUntilMs - nowMs)}` : '';
    case 'open':
      return nowMs < circuit.retryAtMs
        ? `a probe in ${spanText(circuit.retryAtMs - nowMs)}`
        : 'the next request is a probe';
    case 'half-open':
      return probesText(circuit, nowMs, timing);
    case 'forced-open':
    case 'forced-closed':
      return circuit.untilMs === 0 ? 'until it is handed back' : `for another ${spanText(circuit.untilMs - nowMs)}`;
  }
}

function probesText({ leases, succeeded }: HalfOpen, nowMs: number, { successes }: CircuitTiming): string {
  const underWay = Object.values(leases).filter((untilMs) => nowMs < untilMs).length;
  return `${succeeded} of ${successes} probes succeeded, ${underWay} under way`;
}

/** `operator alice: the upstream is being moved` */
export function causeText({ source, by, reason }: Cause): string {
  const who = by === '' ? source : `${source} ${shortened(by, BY_LENGTH)}`;
  return reason === '' ? who : `${who}: ${shortened(reason, REASON_LENGTH)}`;
}

/** `requests 12, failures 7` */
export function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .slice(0, FIGURES)
    .map(([name, value]) => `${shortened(name, FIGURE_NAME_LENGTH)} ${Number(value.toPrecision(6))}`)
    .join(', ');
}

export function shortened(text: string, length: number): string {
  // By code points: half of a pair is no character.
  const chars = Array.from(text.slice(0, 2 * length + 1));
  return printable(chars.length > length ? `${chars.slice(0, length).join('')}…` : text);
}
