import type { CircuitFacts } from '../contract/circuit-operations.ts';
import type { CircuitState } from '../contract/circuit-state.ts';
import { printable } from '../contract/printable.ts';
import { causeInWords, figuresInWords, seenInWords } from '../core/cause-words.ts';
import { nextInWords, RELEASE_BUTTON, sinceMs } from '../core/circuit-words.ts';
import { type Html, html } from '../core/html.ts';
import { shortened } from '../core/shortened.ts';
import { spanText } from '../core/span-text.ts';
import { buttons } from './buttons.ts';
import { timeText, type Zone } from './time-text.ts';

/** A circuit with what became of it before. */
export interface ShownCircuit extends CircuitFacts {
  /** The newest first; null: it cannot be read. */
  readonly history: readonly CircuitState[] | null;
}

export interface Overview {
  readonly circuits: readonly ShownCircuit[];
  readonly nowMs: number;
  readonly zone: Zone;
  /** ARN of the function that the buttons call. */
  readonly operatorFunction: string;
}

/** Entries of its history that are shown of a circuit. */
export const HISTORY_LENGTH = 10;
/** What a browser shows at once, and far below the 6 MB that Lambda lets a function answer. */
const MAX_BYTES = 256 * 1024;
/** Of the table around its rows. */
const FRAME_BYTES = 2048;
const FAULT_LENGTH = 256;

/** Dark on light and light on dark alike: only these marks have colours of their own, and each is a sign and a word too. */
const MARKS: Readonly<Record<CircuitState['state'], { readonly sign: string; readonly colours: string }>> = {
  closed: { sign: '✔', colours: 'color:#fff;background:#1d8102' },
  open: { sign: '✖', colours: 'color:#fff;background:#d13212' },
  'half-open': { sign: '◐', colours: 'color:#000;background:#ff9900' },
  'forced-open': { sign: '✖', colours: 'color:#fff;background:#d13212' },
  'forced-closed': { sign: '✔', colours: 'color:#fff;background:#1d8102' },
};

/** Every circuit in a table, and with as much of their histories as there is room for. */
export function render(overview: Overview): string {
  const { circuits } = overview;
  if (circuits.length === 0) return html`<p>No service of this gateway has a circuit.</p>`.toString();
  let rows: readonly Html[] = [];
  for (const length of [HISTORY_LENGTH, 3, 0]) {
    rows = fitting(circuits.map((circuit) => row(circuit, overview, length)));
    if (rows.length === circuits.length) break;
  }
  return page(rows, overview).toString();
}

/** In place of the table, where nothing of it can be read. */
export function renderFault(fault: string): string {
  return html`<p><strong>The circuits cannot be read:</strong> ${faultText(fault)}.</p>
<p>Requests go on by what was last known of them, then by what each function sees itself.</p>`.toString();
}

/** As many as there is room for. */
function fitting(rows: readonly Html[]): readonly Html[] {
  let bytes = FRAME_BYTES;
  const end = rows.findIndex((one) => {
    bytes += Buffer.byteLength(one.toString());
    return bytes > MAX_BYTES;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function page(rows: readonly Html[], { circuits, nowMs, zone }: Overview): Html {
  const left = circuits.length - rows.length;
  return html`<p>${summary(circuits)} Read at ${timeText(nowMs, zone)} (UTC${zone.offset}).</p>
<table style="width:100%;text-align:left">
<thead><tr><th scope="col">Service</th><th scope="col">Circuit</th><th scope="col">Since</th><th scope="col">Next</th><th scope="col">Who and why</th><th scope="col">By hand</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
${left > 0 && html`<p>${left} more have no room here: the command “circuit list” shows them.</p>`}`;
}

/** `2 open, 3 closed.` */
function summary(circuits: readonly ShownCircuit[]): string {
  const words = circuits.map(({ circuit }) => (circuit === null ? 'unreadable' : circuit.state));
  const counts = Map.groupBy(words, (word) => word);
  return `${[...counts].map(([word, all]) => `${all.length} ${word}`).join(', ')}.`;
}

function row(view: ShownCircuit, overview: Overview, historyLength: number): Html {
  const { service, circuit, fault } = view;
  const past = history(view.history, overview.zone, historyLength);
  const facts = circuit === null ? faultCells(fault ?? '', past) : circuitCells(circuit, overview, past);
  return html`<tr><th scope="row">${service}</th>${facts}<td>${buttons(service, circuit, overview.operatorFunction)}</td></tr>
`;
}

function faultCells(fault: string, past: Html | false): Html {
  return html`<td>? unreadable</td><td></td><td></td><td>${faultText(fault)}${past}</td>`;
}

function circuitCells(circuit: CircuitState, { nowMs, zone }: Overview, past: Html | false): Html {
  const since = sinceMs(circuit);
  const next = nextInWords(circuit, nowMs, `“${RELEASE_BUTTON}”`, (atMs) => `in ${spanText(atMs - nowMs)}`);
  return html`<td>${mark(circuit)}</td><td>${since !== undefined && html`${timeText(since, zone)}<br>${agoText(since, nowMs)}`}</td><td>${next}</td><td>${why(circuit)}${past}</td>`;
}

function faultText(fault: string): string {
  return printable(shortened(fault, FAULT_LENGTH));
}

function mark({ state }: CircuitState): Html {
  const { sign, colours } = MARKS[state];
  return html`<span style="${colours};padding:0 6px;border-radius:4px;white-space:nowrap">${sign} ${state}</span>`;
}

/** Clocks may disagree. */
function agoText(atMs: number, nowMs: number): string {
  return atMs > nowMs ? 'just now' : `${spanText(nowMs - atMs)} ago`;
}

function why(circuit: CircuitState): Html {
  if (circuit.version === 0) return html`it has never moved`;
  const details = [figuresInWords(circuit.figures), seenInWords(circuit)].filter((detail) => detail !== '');
  return html`${causeInWords(circuit)}${details.map((detail) => html`<br><small>${detail}</small>`)}`;
}

function history(former: ShownCircuit['history'], zone: Zone, length: number): Html | false {
  if (former === null) return html`<br><small>its history cannot be read</small>`;
  const shown = former.slice(0, length);
  return (
    shown.length > 0 &&
    html`<details><summary>history</summary><ul>${shown.map((circuit) => entry(circuit, zone))}</ul></details>`
  );
}

function entry(circuit: CircuitState, zone: Zone): Html {
  return html`<li>${timeText(circuit.atMs, zone)} ${mark(circuit)} ${why(circuit)}</li>`;
}
