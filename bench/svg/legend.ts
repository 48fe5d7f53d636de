import { label } from './document.ts';

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
}

/** The names of what is drawn, one beside the other, each after a dot of its colour. */
export function legend(x: number, y: number, entries: readonly LegendEntry[]): string {
  let at = x;
  return entries
    .map(({ name, colour }) => {
      const entry = [label(at, y, '●', { fill: colour }), label(at + 13, y, name)];
      at += 40 + 6.2 * name.length;
      return entry.join('\n');
    })
    .join('\n');
}
