import { type Box, COLOURS, label, line, NEUTRAL, px } from './document.ts';

interface Bars {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly value: number }[];
  /** Drawn as a line across all bars. */
  readonly goal: number;
}

const NAMES_WIDTH = 280;
const ROW_HEIGHT = 24;

/** Horizontal bars that start at zero; those of Tollgate are coloured. */
export function bars({ x, y, width }: Box, { title, rows, goal }: Bars): string {
  const most = Math.max(goal, ...rows.map(({ value }) => value));
  const scale = (value: number) => (value / most) * (width - NAMES_WIDTH - 50);
  const left = x + NAMES_WIDTH;
  const top = y + 30;
  const drawn = rows.flatMap(({ name, value }, index) => {
    const rowY = top + index * ROW_HEIGHT;
    const fill = name.startsWith('Tollgate') ? COLOURS[0] : NEUTRAL;
    return [
      label(left - 8, rowY + 15, name, { anchor: 'end' }),
      `<rect x="${px(left)}" y="${px(rowY + 3)}" width="${px(scale(value))}" height="${ROW_HEIGHT - 8}" fill="${fill}"/>`,
      label(left + scale(value) + 6, rowY + 15, value.toFixed(2)),
    ];
  });
  const goalX = left + scale(goal);
  const bottom = top + rows.length * ROW_HEIGHT;
  return [
    label(x, y + 14, title, { bold: true }),
    ...drawn,
    line(goalX, top, goalX, bottom + 4, COLOURS[1], true),
    label(goalX, bottom + 18, `goal ${goal}`, { anchor: 'middle', fill: COLOURS[1] }),
  ].join('\n');
}
