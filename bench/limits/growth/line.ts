import { median } from '../../statistics.ts';
import type { Cost } from '../cost.ts';
import type { Meter } from '../meter.ts';

/** A line of the second table: what decisions cost when one thing grows. */
export interface Line {
  readonly limiter: string;
  /** What grew, and to which size. */
  readonly grown: string;
  readonly size: number;
  readonly cost: Cost;
  /** Bytes of Redis's memory a client. */
  readonly bytes: number;
}

export interface GrowthOptions {
  readonly redisUrl: string;
  readonly meter: Meter;
  /** Units of one measurement. */
  readonly decisions: number;
  readonly rounds: number;
}

export function medianCost(costs: readonly Cost[]): Cost {
  const of = (value: (cost: Cost) => number) => median(costs.map(value));
  return {
    medianUs: of((cost) => cost.medianUs),
    roundTrips: of((cost) => cost.roundTrips),
    perSecond: of((cost) => cost.perSecond),
    redisUs: of((cost) => cost.redisUs),
    executingUs: of((cost) => cost.executingUs),
    nodeUs: of((cost) => cost.nodeUs),
  };
}
