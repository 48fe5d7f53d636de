import type { CircuitState } from '../contract/circuit/circuit-state.ts';
import type { CircuitFacts } from '../contract/operations/circuit-operations.ts';
import { printable } from '../contract/printable.ts';
import { causeInWords, figuresInWords, seenInWords } from '../core/circuit/cause-words.ts';
import { nextInWords, outageMs, RELEASE_BUTTON, shadowInWords, sinceMs } from '../core/circuit/circuit-words.ts';
import { type Html, html } from '../core/text/html.ts';
import { shortened } from '../core/text/shortened.ts';
import { spanText } from '../core/text/span-text.ts';
import { buttons } from './buttons.ts';
import { mark } from './circuit-mark.ts';
import { timeText, type Zone } from './time-text.ts';
import { unbroken } from './unbroken.ts';

/** A circuit with its history. */
export interface ShownCircuit extends CircuitFacts {
  /** The newest first; null: it cannot be read. */
  readonly history: readonly CircuitState[] | null;
}

export interface RowOptions {
  readonly nowMs: number;
  readonly zone: Zone;
  /** ARN of the function that the buttons call. */
  readonly operatorFunction: string;
}

const FAULT_LENGTH = 256;

/** One circuit with at most `historyLength` entries of its history. */
export function circuitRow(shown: ShownCircuit, options: RowOptions, historyLength: number): Html {
  const { service, circuit, fault } = shown;
  const state = circuit === null ? html`? unreadable` : stateCell(circuit, shown.shadow, options);
  const causes = circuit === null ? html`${faultText(fault ?? '')}` : why(circuit);
  return html`<tr><th scope="row">${service}</th><td>${state}</td><td style="overflow-wrap:anywhere"><div>${causes}</div>${history(shown, options.zone, historyLength)}</td><td>${buttons(shown, options.operatorFunction)}</td></tr>
`;
}

export function faultText(fault: string): string {
  return printable(shortened(fault, FAULT_LENGTH));
}

/** The circuit's state, since when, and what it does next. */
function stateCell(circuit: CircuitState, shadow: boolean, { nowMs, zone }: RowOptions): Html {
  const [since, outageSince] = [sinceMs(circuit), outageMs(circuit)];
  const next = nextInWords(circuit, nowMs, `“${RELEASE_BUTTON}”`, (atMs) => `in ${spanText(atMs - nowMs)}`);
  const lines = [
    unbroken(html`${mark(circuit, shadow)}${since !== undefined && ` for ${spanText(nowMs - since)}`}`),
    since !== undefined && unbroken(`since ${timeText(since, zone)}`),
    outageSince !== undefined && html`outage since ${unbroken(timeText(outageSince, zone))}`,
    next !== '' && html`${next}`,
    shadow && html`${shadowInWords(circuit)}`,
  ];
  return html`${lines.map((line) => line && html`<div>${line}</div>`)}`;
}

function why(circuit: CircuitState): Html {
  if (circuit.version === 0) return html`it has never moved`;
  return html`${cause(circuit)}${small(seenInWords(circuit))}`;
}

function cause(circuit: CircuitState): Html {
  return html`${causeInWords(circuit)}${small(figuresInWords(circuit.figures))}`;
}

function small(detail: string): Html | false {
  return detail !== '' && html`<br><small>${detail}</small>`;
}

function history({ history: former, shadow }: ShownCircuit, zone: Zone, length: number): Html | false {
  if (former === null) return html`<small>its history cannot be read</small>`;
  const shown = former.slice(0, length);
  const entries = shown.map(
    (circuit) =>
      html`<li>${unbroken(html`${timeText(circuit.atMs, zone)} ${mark(circuit, shadow)}`)} ${cause(circuit)}</li>`,
  );
  return (
    shown.length > 0 &&
    html`<details><summary>history</summary><ul style="margin:4px 0;padding-left:18px">${entries}</ul></details>`
  );
}
