import type { Service } from '../../child.ts';
import { type Cost, measure } from '../cost.ts';
import type { Meter } from '../meter.ts';
import type { Clients, Order } from '../orders.ts';
import { ARTICLE, FLOOR, type Row, startRow, TOLLGATE } from '../rows.ts';
import { RULES, writeRules } from '../rules.ts';
import { type GrowthOptions, type Line, medianCost } from './line.ts';

const LIMITS = [10, 100, 1_000, 10_000, 100_000, 1_000_000];

/** Long enough to fill all windows and to measure before the first request has left. */
const WINDOW_MS = 20_000;
const FILL_MS = 0.75 * WINDOW_MS;
/** How full the windows are when they are measured, and how much of them the measured decisions may take. */
const FILLED = 0.85;
const SPARE = 0.1;
/** Times at which a window is filled: more would be slices or milliseconds that it does not tell apart. */
const PASSES = 1000;
/** Clients of small limits are many, and each takes part in so few decisions: fewer decisions make the filling bearable. */
const SHARE = 0.1;

/** One limiter under one limit, in a process and a database of its own. */
interface Lane {
  readonly row: Row;
  readonly limit: number;
  readonly database: number;
  readonly service: Service;
  readonly costs: Cost[];
}

/** What a decision costs when the windows of all clients are nearly full, by the size of the limit. */
export async function byLimit({ redisUrl, meter, decisions, rounds }: GrowthOptions): Promise<readonly Line[]> {
  await meter.empty();
  const plan = planOf(Math.ceil(decisions * SHARE), rounds);
  const lanes: Lane[] = [];
  try {
    for (const [database, [row, limit]] of LANES.entries()) {
      await writeRules(redisUrl, [database], RULES);
      const service = await startRow(row, { redisUrl, limit, windowMs: WINDOW_MS, database });
      lanes.push({ row, limit, database, service, costs: [] });
    }
    // Without the clients that the processes have warmed up with: they are no part of what is counted here.
    await meter.empty();
    await writeRules(redisUrl, [...LANES.keys()], RULES);
    await Promise.all(lanes.map(({ row, limit, service }) => row.floor ?? service.ask(plan.filling(limit))));
    const bytes = await bytesOf(lanes, meter, plan);
    await measureAll(lanes, { redisUrl, meter, plan, rounds });
    return lanes.map((lane) => ({
      limiter: lane.row.name,
      grown: lane.row.floor ? '' : `limit ${lane.limit.toLocaleString('en')}`,
      size: lane.limit,
      cost: medianCost(lane.costs),
      bytes: bytes.get(lane) ?? Number.NaN,
    }));
  } finally {
    await Promise.all(lanes.map(({ service }) => service.stop()));
  }
}

const LANES: readonly (readonly [Row, number])[] = [
  [FLOOR, Math.max(...LIMITS)],
  ...[TOLLGATE, ARTICLE].flatMap((row) => LIMITS.map((limit) => [row, limit] as const)),
];

type ClientPlan = ReturnType<typeof planOf>;

async function measureAll(
  lanes: readonly Lane[],
  { redisUrl, meter, plan, rounds }: Omit<GrowthOptions, 'decisions'> & { readonly plan: ClientPlan },
): Promise<void> {
  const databases = lanes.map(({ database }) => database);
  for (let round = 0; round < rounds; round += 1) {
    await writeRules(redisUrl, databases, 0);
    for (const { row, service, limit, costs } of lanes) {
      // Filling has warmed up the others: V8 optimizes code that ran often enough.
      if (row.floor && round === 0) await measure(service, meter, plan.orders(limit, 0));
      costs.push(await measure(service, meter, plan.orders(limit, round)));
    }
  }
}

async function bytesOf(lanes: readonly Lane[], meter: Meter, plan: ClientPlan): Promise<ReadonlyMap<Lane, number>> {
  const bytes = new Map<Lane, number>();
  for (const lane of lanes.filter(({ row }) => !row.floor)) {
    bytes.set(lane, (await meter.bytesOf(lane.database)) / plan.clients(lane.limit));
  }
  return bytes;
}

/** Which clients take part: each measurement has its own, so many that none of them is refused. */
function planOf(together: number, rounds: number) {
  const single = Math.ceil(together / 4);
  const needed = (limit: number, decisions: number) => Math.ceil(decisions / Math.max(1, Math.floor(SPARE * limit)));
  /** A limit that is large enough for all measurements takes them all of one client. */
  const shared = (limit: number) => needed(limit, (together + single) * rounds) === 1;
  const counts = (limit: number) => ({ together: needed(limit, together), single: needed(limit, single) });
  const clients = (limit: number) => {
    const { together, single } = counts(limit);
    return shared(limit) ? 1 : rounds * (together + single);
  };
  const name = 'g-';
  return {
    clients,
    filling: (limit: number): Order => {
      const units = Math.floor(FILLED * limit);
      const passes = Math.min(units, PASSES);
      const of: Clients = { name, from: 0, count: clients(limit) };
      return { order: 'fill', clients: of, passes, units: Math.floor(units / passes), overMs: FILL_MS };
    },
    orders: (limit: number, round: number) => {
      const count = counts(limit);
      const from = shared(limit) ? 0 : round * (count.together + count.single);
      const later = shared(limit) ? 0 : from + count.together;
      return {
        together: { order: 'together', clients: { name, from, count: count.together }, decisions: together },
        oneByOne: { order: 'one-by-one', clients: { name, from: later, count: count.single }, decisions: single },
      } as const;
    },
  };
}
