import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CompareOptions, compare } from './limits/compare.ts';
import { byClients } from './limits/growth/by-clients.ts';
import { byLimit } from './limits/growth/by-limit.ts';
import { byNumber } from './limits/growth/by-number.ts';
import { byRules } from './limits/growth/by-rules.ts';
import type { Line } from './limits/growth/line.ts';
import { Meter } from './limits/meter.ts';
import { plotLimits } from './limits/plot.ts';
import { printCompared, printGrowth } from './limits/print.ts';
import { progress } from './table.ts';

export interface LimitsOptions extends Omit<CompareOptions, 'meter'> {
  /** The largest number of clients in the table of growth. */
  readonly mostClients: number;
  /** File of the plot. */
  readonly plot: string;
}

const ROUNDS_OF_GROWTH = 3;

/** What limiters cost and let pass, all over one redis-server. */
export async function benchLimits({ plot, mostClients, ...options }: LimitsOptions): Promise<void> {
  const meter = new Meter(options.redisUrl);
  try {
    const compared = await compare({ ...options, meter });
    printCompared(compared, options.rounds);
    const growth = await growthOf({ ...options, meter }, mostClients);
    printGrowth([...growth.byLimit, ...growth.others]);
    await mkdir(dirname(plot), { recursive: true });
    await writeFile(plot, plotLimits(compared, growth.byLimit));
    progress(`the plot is in ${plot}`);
  } finally {
    meter.stop();
  }
}

async function growthOf({ redisUrl, meter, decisions }: CompareOptions, most: number) {
  const options = { redisUrl, meter, decisions, rounds: ROUNDS_OF_GROWTH };
  progress('how cost grows: by the size of the limit …');
  const limits = await byLimit(options);
  progress('… by the number of limits and of operators’ rules …');
  const others: readonly Line[] = [...(await byNumber(options)), ...(await byRules(options))];
  progress('… by the number of clients …');
  return { byLimit: limits, others: [...others, ...(await byClients({ ...options, most }))] };
}
