/** A cell; numbers are aligned right and shown with at most `digits` decimals. */
export type Cell = string | number;

/** Prints rows under their headings, each column as wide as it must be. */
export function printTable(title: string, headings: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const lines = rows.map((row) => row.map(shown));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const align = (text: string, column: number) =>
    typeof rows[0]?.[column] === 'number' ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  const print = (cells: readonly string[]) => console.log(`  ${cells.map(align).join('  ').trimEnd()}`);
  console.log(`\n${title}`);
  print(headings);
  print(widths.map((width) => '-'.repeat(width)));
  for (const line of lines) print(line);
}

function shown(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return Number.isNaN(cell) ? '-' : cell.toFixed(Math.abs(cell) < 1000 && !Number.isInteger(cell) ? 1 : 0);
}

/** Says what is going on, beside the tables. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
