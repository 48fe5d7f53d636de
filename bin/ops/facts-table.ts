import { printable } from '../../lambdas/contract/printable.ts';
import type { Fact } from './facts.ts';
import { isoTime, padded, shortened } from './text.ts';

const WIDTH = 100;
const GAP = 2;
/** Of id, name, value (`10000000, 3.734e-7/s` is the longest) and end; the reason has what they leave. */
const MAX_WIDTHS = [24, 22, 20, '2026-11-24T10:00:00Z'.length] as const;

/** A row a fact, in 100 columns; longer ids and reasons are cut, `--json` has them whole. */
export function factsTable(facts: readonly Fact[]): string {
  const rows = facts.map(({ id, what, value, untilMs, reason }) => [
    printable(id),
    printable(what),
    value === '' ? '-' : value,
    untilMs === 0 ? '-' : isoTime(untilMs),
    printable(reason),
  ]);
  const all = [['ID', 'WHAT', 'VALUE', 'UNTIL', 'REASON'], ...rows];
  const widths = MAX_WIDTHS.map((most, column) => Math.min(most, widestOf(all, column)));
  const left = WIDTH - widths.reduce((sum, width) => sum + width + GAP, 0);
  return all.map((row) => line(row, [...widths, left])).join('\n');
}

function widestOf(rows: readonly (readonly string[])[], column: number): number {
  return rows.reduce((widest, row) => Math.max(widest, [...(row[column] ?? '')].length), 0);
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => padded(shortened(cell, widths[column] ?? 0), widths[column] ?? 0))
    .join(' '.repeat(GAP))
    .trimEnd();
}
