import { printable } from '../../../lambdas/contract/printable.ts';
import { isoTime } from '../../../lambdas/core/text/iso-time.ts';
import type { Fact } from './facts.ts';
import { table } from './text-table.ts';

/** Widths of id, name, value (`10000000, 3.734e-7/s` is the longest) and end; the reason gets the rest. */
const MAX_WIDTHS = [24, 22, 20, '2026-11-24T10:00:00Z'.length] as const;

/** One row for each fact. @param width of the terminal, in columns; undefined: nothing is cut */
export function factsTable(facts: readonly Fact[], width: number | undefined): string {
  const rows = facts.map(({ id, what, value, untilMs, reason }) => [
    printable(id),
    printable(what),
    value === '' ? '-' : value,
    untilMs === 0 ? '-' : isoTime(untilMs),
    printable(reason),
  ]);
  return table(['ID', 'WHAT', 'VALUE', 'UNTIL', 'REASON'], rows, MAX_WIDTHS, width);
}
