import { shortened } from '../../lambdas/core/shortened.ts';
import { padded } from './text.ts';

const WIDTH = 100;
const GAP = 2;

/**
 * Rows under their headings, in 100 columns; what does not fit is cut.
 *
 * @param most the widest that each column may be; the last one has what the others leave
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  most: readonly number[],
): string {
  const all = [headings, ...rows];
  const widths = most.map((width, column) => Math.min(width, widestOf(all, column)));
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
