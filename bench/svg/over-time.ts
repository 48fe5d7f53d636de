import { linearLevels, scale } from './axis.ts';
import { type Box, label, line, px } from './document.ts';
import { legend } from './legend.ts';
import { TIME_MARGIN, timeScale } from './time-axis.ts';

interface Series {
  readonly name: string;
  readonly colour: string;
  /** `area` is filled to the zero line. */
  readonly as: 'line' | 'area';
  /** One for each interval; undefined: nothing was measured, and the last one is drawn on. */
  readonly values: readonly (number | undefined)[];
}

interface OverTime {
  readonly title: string;
  readonly series: readonly Series[];
  /** How long each value stands for. */
  readonly intervalS: number;
  readonly untilS: number;
}

const TITLE_HEIGHT = 26;

/** Steps over time, one value an interval. */
export function overTime(box: Box, { title, series, intervalS, untilS }: OverTime): string {
  const across = timeScale(box, untilS);
  const bottom = box.y + box.height;
  const levels = linearLevels(Math.max(...series.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const up = scale(0, levels.at(-1) ?? 1, bottom, box.y + TITLE_HEIGHT);
  const [left, right] = [box.x + TIME_MARGIN.left, box.x + box.width - TIME_MARGIN.right];
  const grid = levels.flatMap((level) => [
    line(left, up(level), right, up(level), level === 0 ? '#8c8c8c' : '#dddddd'),
    label(left - 6, up(level) + 4, String(level), { anchor: 'end' }),
  ]);
  const drawn = series.map((one) => steps(one, intervalS, across, up));
  const names = legend(box.x + 24 + 6.9 * title.length, box.y + 14, series);
  return [label(box.x, box.y + 14, title, { bold: true }), names, ...grid, ...drawn].join('\n');
}

function steps(
  { as, colour, values }: Series,
  intervalS: number,
  across: (seconds: number) => number,
  up: (value: number) => number,
): string {
  const [start, end] = [px(across(0)), px(across(values.length * intervalS))];
  let path = `M${start},${px(up(values[0] ?? 0))}`;
  let last = values[0] ?? 0;
  for (const [index, value = last] of values.entries()) {
    if (value !== last) path += `H${px(across(index * intervalS))}V${px(up(value))}`;
    last = value;
  }
  path += `H${end}`;
  const outline = `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  if (as === 'line') return outline;
  return `<path d="${path}V${px(up(0))}H${start}Z" fill="${colour}" fill-opacity="0.25"/>\n${outline}`;
}
