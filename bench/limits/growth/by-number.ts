import type { Service } from '../../child.ts';
import { type Cost, costOf } from '../cost.ts';
import { FLOOR, startRow, TOLLGATE } from '../rows.ts';
import { RULES, writeRules } from '../rules.ts';
import { type GrowthOptions, type Line, medianCost } from './line.ts';

/** Each has the database of its number; the floor stands in as the one that counts none. */
const NUMBERS = [0, 1, 2, 3, 4, 5];
const LIMIT = 100;
const WINDOW_MS = 60_000;

/** What a decision costs by how many limits it must pass. */
export async function byNumber({ redisUrl, meter, decisions, rounds }: GrowthOptions): Promise<readonly Line[]> {
  await meter.empty();
  await writeRules(redisUrl, NUMBERS, RULES);
  const lanes: { readonly limits: number; readonly service: Service; readonly costs: Cost[] }[] = [];
  try {
    for (const limits of NUMBERS) {
      const service = await startRow(limits === 0 ? FLOOR : TOLLGATE, {
        redisUrl,
        limit: LIMIT,
        windowMs: WINDOW_MS,
        limits,
        database: limits,
      });
      lanes.push({ limits, service, costs: [] });
    }
    // The round before the first does not count: V8 optimizes what it has seen often enough.
    for (let round = -1; round < rounds; round += 1) {
      await writeRules(redisUrl, NUMBERS, 0);
      for (const { service, costs } of lanes) {
        const cost = await costOf(service, meter, round + 1, decisions, LIMIT);
        if (round >= 0) costs.push(cost);
      }
    }
    return lanes.map(({ limits, costs }) => ({
      limiter: limits === 0 ? FLOOR.name : TOLLGATE.name,
      grown: ['', '1 limit'][limits] ?? `${limits} limits at once`,
      size: limits,
      cost: medianCost(costs),
      bytes: Number.NaN,
    }));
  } finally {
    await Promise.all(lanes.map(({ service }) => service.stop()));
  }
}
