import { type Cost, costOf } from '../cost.ts';
import { startRow, TOLLGATE } from '../rows.ts';
import { writeRules } from '../rules.ts';
import { type GrowthOptions, type Line, medianCost } from './line.ts';

const NUMBERS = [0, 100, 10_000];
const LIMIT = 100;
const WINDOW_MS = 60_000;

/** What a decision costs by how many rules of operators there are, none of them about its client. */
export async function byRules({ redisUrl, meter, decisions, rounds }: GrowthOptions): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const count of NUMBERS) {
    await meter.empty();
    await writeRules(redisUrl, [0], count);
    const service = await startRow(TOLLGATE, { redisUrl, limit: LIMIT, windowMs: WINDOW_MS });
    try {
      const costs: Cost[] = [];
      // The round before the first does not count: V8 optimizes what it has seen often enough.
      for (let round = -1; round < rounds; round += 1) {
        const cost = await costOf(service, meter, round + 1, decisions, LIMIT);
        if (round >= 0) costs.push(cost);
      }
      const grown = `${count.toLocaleString('en')} operators' rules`;
      lines.push({ limiter: TOLLGATE.name, grown, size: count, cost: medianCost(costs), bytes: Number.NaN });
    } finally {
      await service.stop();
    }
  }
  return lines;
}
