import type { Service } from '../child.ts';
import { median } from '../statistics.ts';
import { progress } from '../table.ts';
import { type Cost, costOf } from './cost.ts';
import { medianCost } from './growth/line.ts';
import { bytesAClient } from './memory.ts';
import type { Meter } from './meter.ts';
import { type Behaviour, behaviourOf, PATTERN_LIMIT, PATTERN_WINDOW_MS } from './patterns.ts';
import { FLOOR, ROWS, type Row, startRow } from './rows.ts';
import { RULES, writeRules } from './rules.ts';

const LIMIT = 100;
const WINDOW_MS = 60_000;

export interface CompareOptions {
  readonly redisUrl: string;
  readonly meter: Meter;
  readonly rounds: number;
  /** Decisions of one limiter in a round. */
  readonly decisions: number;
  /** Whose memory is measured. */
  readonly clients: number;
}

/** All that is found out about one row. */
export interface Compared {
  readonly row: Row;
  readonly cost: Cost;
  /** Redis's CPU time over that of the floor: the median of the rounds' ratios. */
  readonly overFloor: number;
  /** Missing for floors, which decide nothing. */
  readonly limiting?: Behaviour & { readonly bytes: number };
}

interface Running {
  readonly row: Row;
  readonly service: Service;
  readonly costs: Cost[];
}

/** Every limiter under one limit of 100 a window, round after round, so that all meet the same machine. */
export async function compare(options: CompareOptions): Promise<readonly Compared[]> {
  const behaviours = await behavioursOf(options);
  const running: Running[] = [];
  try {
    await writeRules(options.redisUrl, DATABASES, RULES);
    for (const row of ROWS) {
      const setup = { redisUrl: options.redisUrl, limit: LIMIT, windowMs: WINDOW_MS, database: databaseOf(row) };
      running.push({ row, service: await startRow(row, setup), costs: [] });
    }
    await measureCosts(running, options);
    const bytes = await measureBytes(running, options);
    return running.map(({ row, costs }) => {
      const behaviour = behaviours.get(row);
      return {
        row,
        cost: medianCost(costs),
        overFloor: overFloor(costs, running),
        ...(behaviour && { limiting: { ...behaviour, bytes: bytes.get(row) ?? Number.NaN } }),
      };
    });
  } finally {
    await Promise.all(running.map(({ service }) => service.stop()));
  }
}

/** Rows have a database each: they meet the same clients, and some would write the same keys. */
const DATABASES = ROWS.map((_, index) => index);

function databaseOf(row: Row): number {
  return ROWS.indexOf(row);
}

/** Runs all limiters at the same time: this takes little CPU, and nothing is timed. */
async function behavioursOf({ redisUrl }: CompareOptions): Promise<ReadonlyMap<Row, Behaviour>> {
  progress('what passes at boundaries and under overload …');
  await writeRules(redisUrl, DATABASES, RULES);
  const rows = ROWS.filter(({ floor }) => !floor);
  const services = await Promise.all(
    rows.map((row) =>
      startRow(row, { redisUrl, limit: PATTERN_LIMIT, windowMs: PATTERN_WINDOW_MS, database: databaseOf(row) }),
    ),
  );
  try {
    const behaviours = await Promise.all(services.map((service, index) => behaviourOf(service, index)));
    return new Map(rows.flatMap((row, index) => behaviours.slice(index, index + 1).map((found) => [row, found])));
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

async function measureCosts(running: readonly Running[], options: CompareOptions): Promise<void> {
  const { redisUrl, meter, rounds, decisions } = options;
  progress(`what a decision costs: ${running.length} rows, ${rounds} rounds of ${decisions} decisions …`);
  // The round before the first does not count: V8 optimizes what it has seen often enough.
  for (let round = -1; round < rounds; round += 1) {
    await meter.empty();
    await writeRules(redisUrl, DATABASES, RULES);
    for (const { service, costs } of running) {
      const cost = await costOf(service, meter, round + 1, decisions, LIMIT);
      if (round >= 0) costs.push(cost);
    }
  }
}

async function measureBytes(running: readonly Running[], options: CompareOptions): Promise<ReadonlyMap<Row, number>> {
  const { redisUrl, meter, clients } = options;
  progress(`memory: ${clients} clients of ${LIMIT} requests …`);
  const bytes = new Map<Row, number>();
  await meter.keepNoStatistics();
  for (const { row, service } of running) {
    if (row.floor) continue;
    await meter.empty();
    await writeRules(redisUrl, DATABASES, RULES);
    bytes.set(row, await bytesAClient(service, meter, { clients, limit: LIMIT, windowMs: WINDOW_MS }));
  }
  return bytes;
}

function overFloor(costs: readonly Cost[], running: readonly Running[]): number {
  const floor = running.find(({ row }) => row === FLOOR)?.costs ?? [];
  return median(costs.map(({ redisUs }, round) => redisUs / (floor[round]?.redisUs ?? Number.NaN)));
}
