import { join } from 'node:path';
import { type Service, startService } from '../child.ts';
import { median } from '../statistics.ts';
import { type Cell, printTable, progress } from '../table.ts';
import type { Cost, Order } from './cost/orders.ts';

interface Row {
  readonly name: string;
  /** File of `breakers`. */
  readonly file: string;
  /** A row whose calls wait for the stores makes fewer calls, by this factor. */
  readonly fewer?: number;
}

const ROWS: readonly Row[] = [
  { name: 'yardstick: counts in memory, no more', file: 'yardstick.ts' },
  { name: 'opossum', file: 'opossum.mjs' },
  { name: 'cockatiel, ConsecutiveBreaker', file: 'cockatiel-consecutive.mjs' },
  { name: 'cockatiel, SamplingBreaker', file: 'cockatiel-sampling.mjs' },
  { name: 'Tollgate, no store', file: 'tollgate-alone.ts' },
  { name: 'Tollgate, Redis and DynamoDB, busy', file: 'tollgate-stores.ts' },
  { name: 'Tollgate, 10 calls a second', file: 'tollgate-quiet.ts', fewer: 20 },
];

const MEASURED = ['floor', 'closed', 'open'] as const satisfies readonly Order['of'][];

interface Running {
  readonly row: Row;
  readonly service: Service;
  readonly costs: Readonly<Record<Order['of'], number[]>>;
}

export interface CostOptions {
  /** Environment of a function: where its stores are. */
  readonly variables: Readonly<Record<string, string>>;
  readonly rounds: number;
  /** Calls through one breaker in a round. */
  readonly calls: number;
}

/** What a breaker adds to a call; all rows in turn, round after round, each beside the same loop without a breaker. */
export async function benchCost({ variables, rounds, calls }: CostOptions): Promise<void> {
  progress(`what a breaker adds to a call: ${ROWS.length} breakers, ${rounds} rounds of ${calls} calls …`);
  const running: Running[] = [];
  try {
    for (const row of ROWS) {
      const file = { BENCH_BREAKER: join(import.meta.dirname, 'breakers', row.file) };
      const service = await startService(join(import.meta.dirname, 'cost', 'worker.ts'), { ...variables, ...file });
      running.push({ row, service, costs: { floor: [], closed: [], open: [] } });
    }
    // The round before the first does not count: V8 optimizes what it has seen often enough.
    for (let round = -1; round < rounds; round += 1) {
      for (const { row, service, costs } of running) {
        for (const of of MEASURED) {
          const order: Order = { of, calls: Math.ceil(calls / (of === 'floor' ? 1 : (row.fewer ?? 1))) };
          const { cpuNs } = (await service.ask(order)) as Cost;
          if (round >= 0) costs[of].push(cpuNs);
        }
      }
    }
  } finally {
    await Promise.all(running.map(({ service }) => service.stop()));
  }
  printTable(
    `Breakers: CPU that they add to a call, ns; medians of ${rounds} rounds of ${calls} calls`,
    ['', 'closed', 'open', 'the call itself'],
    running.map(cells),
  );
}

function cells({ row, costs: { floor, closed, open } }: Running): readonly Cell[] {
  const added = (costs: readonly number[]) => median(costs.map((ns, round) => ns - (floor[round] ?? Number.NaN)));
  return [row.name, ...[added(closed), added(open), median(floor)].map(Math.round)];
}
