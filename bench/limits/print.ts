import { type Cell, printTable } from '../table.ts';
import type { Compared } from './compare.ts';
import type { Line } from './growth/line.ts';
import { CONNECTIONS, GOALS } from './rows.ts';

export function printCompared(compared: readonly Compared[], rounds: number): void {
  printTable(
    `Limiters, 100 requests a window, us a decision at ${CONNECTIONS} connections, medians of ${rounds} rounds`,
    [
      '',
      'alone p50',
      'decisions/s',
      'Redis CPU',
      'x floor',
      'executing',
      'Node CPU',
      'burst',
      'dripped',
      'overload',
      'bytes/client',
      'round trips',
    ],
    [...compared.map(cells), goals()],
  );
}

function cells({ row, cost, overFloor, limiting }: Compared): readonly Cell[] {
  return [
    row.name,
    cost.medianUs,
    Math.round(cost.perSecond),
    cost.redisUs,
    overFloor.toFixed(2),
    cost.executingUs,
    cost.nodeUs,
    limiting?.burst ?? Number.NaN,
    limiting?.dripped ?? Number.NaN,
    limiting?.overload ?? Number.NaN,
    Math.round(limiting?.bytes ?? Number.NaN),
    cost.roundTrips,
  ];
}

function goals(): readonly Cell[] {
  const { cpu, inAnyWindow, overload, windowBytes, bucketBytes, roundTrips } = GOALS;
  const bytes = `${windowBytes}, bucket ${bucketBytes}`;
  return [
    'goal',
    '',
    '',
    '',
    `${cpu}`,
    '',
    '',
    `${inAnyWindow}`,
    `${inAnyWindow}`,
    `${overload}`,
    bytes,
    `${roundTrips}`,
  ];
}

export function printGrowth(lines: readonly Line[]): void {
  printTable(
    `How cost grows, us a decision at ${CONNECTIONS} connections`,
    ['', 'with', 'alone p50', 'decisions/s', 'Redis CPU', 'executing', 'Node CPU', 'bytes/client'],
    lines.map(({ limiter, grown, cost, bytes }) => [
      limiter,
      grown,
      cost.medianUs,
      Math.round(cost.perSecond),
      cost.redisUs,
      cost.executingUs,
      cost.nodeUs,
      Math.round(bytes),
    ]),
  );
}
