import { linearLevels, scale } from './axis.ts';
import { type Box, COLOURS, label, line, NEUTRAL, px } from './document.ts';
import { legend } from './legend.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Curves {
  readonly title: string;
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
  /** A level that is drawn across. */
  readonly floor?: number;
  readonly vertical: 'linear' | 'logarithmic';
}

const MARGIN = { left: 64, right: 16, top: 48, bottom: 28 };

/** Lines over a logarithmic axis of powers of ten. */
export function curves(box: Box, { title, series, floor, vertical }: Curves): string {
  const points = series.flatMap(({ points }) => points);
  const axes = axesOf(box, points, floor ?? 0, vertical);
  const { across, up, left, right } = axes;
  const grid = axes.levels.flatMap((level) => [
    line(left, up(level), right, up(level), '#dddddd'),
    label(left - 6, up(level) + 4, short(level), { anchor: 'end' }),
  ]);
  const sizes = [...new Set(points.map(({ x }) => x))].map((size) =>
    label(across(size), box.y + box.height - 8, short(size), { anchor: 'middle' }),
  );
  const drawn = series.map(({ points }, index) => curve(points, across, up, COLOURS[index] ?? NEUTRAL));
  const level = floor === undefined ? [] : [line(left, up(floor), right, up(floor), NEUTRAL, true)];
  return [
    label(box.x, box.y + 14, title, { bold: true }),
    legend(box.x, box.y + 34, [
      ...series.map(({ name }, index) => ({ name, colour: COLOURS[index] ?? NEUTRAL })),
      ...(floor === undefined ? [] : [{ name: 'floor', colour: NEUTRAL }]),
    ]),
    ...grid,
    ...sizes,
    ...level,
    ...drawn,
  ].join('\n');
}

function axesOf(box: Box, points: readonly Point[], floor: number, vertical: Curves['vertical']) {
  const left = box.x + MARGIN.left;
  const right = box.x + box.width - MARGIN.right;
  const top = box.y + MARGIN.top;
  const bottom = box.y + box.height - MARGIN.bottom;
  const sizes = points.map(({ x }) => Math.log10(x));
  const across = scale(Math.min(...sizes), Math.max(...sizes), left, right);
  const values = points.map(({ y }) => y);
  const levels = vertical === 'linear' ? linearLevels(Math.max(floor, ...values)) : powersOfTen(values);
  const position = (value: number) => (vertical === 'linear' ? value : Math.log10(value));
  const up = scale(position(levels[0] ?? 0), position(levels.at(-1) ?? 1), bottom, top);
  return {
    left,
    right,
    levels,
    across: (size: number) => across(Math.log10(size)),
    up: (value: number) => up(position(value)),
  };
}

function curve(points: readonly Point[], across: (x: number) => number, up: (y: number) => number, colour: string) {
  const places = points.map(({ x, y }) => ({ x: px(across(x)), y: px(up(y)) }));
  const path = places.map(({ x, y }) => `${x},${y}`).join(' ');
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`),
  ].join('\n');
}

function powersOfTen(values: readonly number[]): readonly number[] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

/** 1,000,000 is `1M`. */
function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1000 ? `${value / 1000}k` : String(value);
}
