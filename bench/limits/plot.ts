import { bars } from '../svg/bars.ts';
import { curves } from '../svg/curves.ts';
import { document } from '../svg/document.ts';
import type { Compared } from './compare.ts';
import type { Line } from './growth/line.ts';
import { ARTICLE, FLOOR, GOALS, TOLLGATE } from './rows.ts';

const WIDTH = 960;
const GAP = 40;

/** Three panels: Redis's CPU time of each row over the floor's, and how time and memory grow with the limit. */
export function plotLimits(compared: readonly Compared[], byLimit: readonly Line[]): string {
  const half = (WIDTH - GAP) / 2;
  const rows = compared.map(({ row, overFloor }) => ({ name: row.name, value: overFloor }));
  const barsHeight = 60 + 24 * rows.length;
  const floor = byLimit.find(({ limiter }) => limiter === FLOOR.name)?.cost.redisUs;
  return document('What limiters cost Redis, and how that grows', WIDTH, barsHeight + 330, [
    bars(
      { x: 0, y: 0, width: WIDTH, height: barsHeight },
      { title: "Redis CPU a decision, as a multiple of the floor's", rows, goal: GOALS.cpu },
    ),
    curves(
      { x: 0, y: barsHeight + 20, width: half, height: 300 },
      {
        title: 'Redis CPU a decision, us, by the size of the limit',
        series: seriesOf(byLimit, ({ cost }) => cost.redisUs),
        vertical: 'linear',
        ...(floor !== undefined && { floor }),
      },
    ),
    curves(
      { x: half + GAP, y: barsHeight + 20, width: half, height: 300 },
      {
        title: 'Bytes a client, by the size of the limit',
        series: seriesOf(byLimit, ({ bytes }) => bytes),
        vertical: 'logarithmic',
      },
    ),
  ]);
}

const SHORT_NAMES = new Map([
  [TOLLGATE, 'Tollgate'],
  [ARTICLE, "the article's sorted set"],
]);

function seriesOf(lines: readonly Line[], value: (line: Line) => number) {
  return [...SHORT_NAMES].map(([row, name]) => ({
    name,
    points: lines.filter(({ limiter }) => limiter === row.name).map((line) => ({ x: line.size, y: value(line) })),
  }));
}
