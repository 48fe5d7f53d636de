import type { Service } from '../../child.ts';
import { type Cost, measure, type Orders } from '../cost.ts';
import type { Clients } from '../orders.ts';
import { startRow, TOLLGATE } from '../rows.ts';
import { RULES, writeRules } from '../rules.ts';
import { type GrowthOptions, type Line, medianCost } from './line.ts';

const SIZES = [1_000, 100_000, 1_000_000];
const LIMIT = 100;
/** Redis forgets no client while the table is made. */
const WINDOW_MS = 3_600_000;
const NAME = 'c-';
/** The clients of the smallest size may ask no oftener in all rounds together. */
const MOST_DECISIONS = 20_000;

/** What a decision costs when Redis holds the windows of so many clients and any of them asks next. */
export async function byClients(options: GrowthOptions & { readonly most: number }): Promise<readonly Line[]> {
  const { redisUrl, meter, decisions, rounds, most } = options;
  await meter.empty();
  await writeRules(redisUrl, [0], RULES);
  const service = await startRow(TOLLGATE, { redisUrl, limit: LIMIT, windowMs: WINDOW_MS });
  const repeated = async (orders: (round: number) => Orders) => {
    const costs: Cost[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await writeRules(redisUrl, [0], 0);
      costs.push(await measure(service, meter, orders(round)));
    }
    return medianCost(costs);
  };
  const line = (size: number, grown: string, cost: Cost, bytes: number): Line => ({
    limiter: TOLLGATE.name,
    grown,
    size,
    cost,
    bytes,
  });
  try {
    const hot = await repeated((round) => oneAfterTheOther(round, Math.min(decisions, MOST_DECISIONS)));
    const lines = [line(1, '1 client at a time', hot, Number.NaN)];
    const base = await meter.settledBytes();
    let present = 0;
    for (const size of SIZES.filter((size) => size <= most)) {
      await fillUp(service, redisUrl, present, size);
      present = size;
      const bytes = ((await meter.settledBytes()) - base) / size;
      const cost = await repeated(() => anyOf(size, Math.min(decisions, MOST_DECISIONS)));
      lines.push(line(size, `${size.toLocaleString('en')} clients`, cost, bytes));
    }
    return lines;
  } finally {
    await service.stop();
  }
}

/** One request each, some at a time: rules that nobody makes anew grow old within a minute. */
async function fillUp(service: Service, redisUrl: string, present: number, size: number): Promise<void> {
  for (let from = present; from < size; from += CLIENTS_A_TIME) {
    await writeRules(redisUrl, [0], 0);
    const clients: Clients = { name: NAME, from, count: Math.min(CLIENTS_A_TIME, size - from) };
    await service.ask({ order: 'fill', clients, passes: 1, units: 1, overMs: 0 });
  }
}

const CLIENTS_A_TIME = 200_000;

/** Each client until its window is full. */
function oneAfterTheOther(round: number, decisions: number): Orders {
  const clients = (name: string): Clients => ({ name: `${name}${round}-`, from: 0, count: decisions, inARow: LIMIT });
  return {
    oneByOne: { order: 'one-by-one', clients: clients('s'), decisions: decisions / 10 },
    together: { order: 'together', clients: clients('h'), decisions },
  };
}

function anyOf(count: number, decisions: number): Orders {
  const clients: Clients = { name: NAME, from: 0, count };
  return {
    oneByOne: { order: 'one-by-one', clients, decisions: decisions / 10 },
    together: { order: 'together', clients, decisions },
  };
}
