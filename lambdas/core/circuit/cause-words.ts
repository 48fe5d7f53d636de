import type { Cause, Figures } from '../../contract/circuit/circuit-state.ts';
import { printable } from '../../contract/printable.ts';
import { counted } from '../text/counted.ts';
import { shortened } from '../text/shortened.ts';
import { spanText } from '../text/span-text.ts';

// Anybody with access may have written the table's items: each text is made printable and kept short.
const BY_LENGTH = 128;
const REASON_LENGTH = 256;
const FIGURES = 8;
const FIGURE_NAME_LENGTH = 24;

/** `operator alice: the upstream is being moved` */
export function causeInWords(cause: Cause): string {
  const { source, by, reason } = cause;
  const who = by === '' || isInstance(cause) ? source : `${source} ${bounded(by, BY_LENGTH)}`;
  return reason === '' ? who : `${who}: ${bounded(reason, REASON_LENGTH)}`;
}

/** Which instance moved the circuit: its log has more. '' for another source, or an unknown instance. */
export function seenInWords(cause: Cause): string {
  if (!isInstance(cause) || cause.by === '') return '';
  return `seen by the instance with the log stream ${bounded(cause.by, BY_LENGTH)}`;
}

/** For operators and alarms, `by` is a name, not a log stream. */
function isInstance({ source }: Cause): boolean {
  return source === 'outcomes' || source === 'time';
}

/** By their names in the table and in logs. */
const FIGURES_IN_WORDS = new Map<string, (value: number) => string>([
  ['calls', (value) => counted(value, 'call')],
  ['failures', (value) => `${value} failed`],
  ['slow', (value) => `${value} slow`],
  ['failurePercent', (value) => `${value} % failed`],
  ['throttledPercent', (value) => `${value} % throttled`],
  ['latencyMs', (value) => `latency ${value} ms`],
  ['succeeded', (value) => `${counted(value, 'probe')} succeeded`],
  ['reopenings', (value) => `opened again ${counted(value, 'time')}`],
  ['openMs', (value) => `outage of ${spanText(value)}`],
]);

/** `12 calls, 7 failed` */
export function figuresInWords(figures: Figures): string {
  return Object.entries(figures)
    .slice(0, FIGURES)
    .map(([name, value]) => figureInWords(name, Number(value.toPrecision(6))))
    .join(', ');
}

function figureInWords(name: string, value: number): string {
  return FIGURES_IN_WORDS.get(name)?.(value) ?? `${bounded(name, FIGURE_NAME_LENGTH)} ${value}`;
}

function bounded(text: string, length: number): string {
  return printable(shortened(text, length));
}
