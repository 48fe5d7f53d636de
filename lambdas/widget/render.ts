import { type Html, html } from '../core/text/html.ts';
import { BUTTONS_STYLE } from './buttons.ts';
import { circuitRow, faultText, type RowOptions, type ShownCircuit } from './circuit-row.ts';
import { reasonField } from './reason-field.ts';
import { timeText } from './time-text.ts';
import { unbroken } from './unbroken.ts';

export interface Overview extends RowOptions {
  readonly circuits: readonly ShownCircuit[];
  /** The text of the field for the reason. */
  readonly reason: string;
}

/** Entries of a circuit's history that are shown. */
export const HISTORY_LENGTH = 10;
/** A browser shows this at once; Lambda's limit of an answer is 6 MB. */
const MAX_BYTES = 512 * 1024;
/** Room for the text around the rows: the field holds 256 characters of up to six bytes. */
const FRAME_BYTES = 4096;

/** Every circuit in a table, with as much of the histories as there is room for. */
export function render(overview: Overview): string {
  const { circuits } = overview;
  if (circuits.length === 0) return html`<p>No service of this gateway has a circuit.</p>`.toString();
  let rows: readonly Html[] = [];
  for (const length of [HISTORY_LENGTH, 3, 0]) {
    rows = fitting(circuits.map((circuit) => circuitRow(circuit, overview, length)));
    if (rows.length === circuits.length) break;
  }
  return page(rows, overview).toString();
}

/** In place of the table, if no circuit can be read. */
export function renderFault(fault: string): string {
  return html`<p><strong>The circuits cannot be read:</strong> ${faultText(fault)}.</p>
<p>Requests go on by what was last known of them, then by what each function sees itself.</p>`.toString();
}

/** The first rows, as many as there is room for. */
function fitting(rows: readonly Html[]): readonly Html[] {
  let bytes = FRAME_BYTES;
  const end = rows.findIndex((one) => {
    bytes += Buffer.byteLength(one.toString());
    return bytes > MAX_BYTES;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function page(rows: readonly Html[], { circuits, nowMs, zone, reason }: Overview): Html {
  const left = circuits.length - rows.length;
  return html`${BUTTONS_STYLE}<p>${summary(circuits)} Read at ${unbroken(timeText(nowMs, zone))} (UTC${zone.offset}).</p>
${reasonField(reason)}
<table style="width:100%;text-align:left">
<thead><tr><th scope="col">Service</th><th scope="col">Circuit</th><th scope="col">Who and why</th><th scope="col">By hand</th></tr></thead>
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
