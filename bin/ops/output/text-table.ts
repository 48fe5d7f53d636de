import { shortened } from '../../../lambdas/core/text/shortened.ts';
import { padded } from './text.ts';

const GAP = 2;
/** Least width of the last column: a narrower terminal breaks the lines itself. */
const LEAST = 8;

/**
 * Rows under their headings.
 *
 * @param most greatest width of each column but the last, if the lines do not fit; the last column gets the rest
 * @param width of the terminal in columns, at which lines are cut; undefined: nothing is cut
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  most: readonly number[],
  width: number | undefined,
): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => widestOf(all, column));
  const fits = width === undefined || widthOf(widths) <= width;
  const given = fits ? widths : cut(widths, most, width);
  return all.map((row) => line(row, given)).join('\n');
}

function widthOf(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one + GAP, -GAP);
}

function cut(widths: readonly number[], most: readonly number[], width: number): readonly number[] {
  const kept = most.map((one, column) => Math.min(one, widths[column] ?? 0));
  return [...kept, Math.max(LEAST, width - widthOf(kept) - GAP)];
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
