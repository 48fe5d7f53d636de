/** The values of one metric in one interval. */
export interface Bucket {
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Values for percentiles: all of them, or an even sample of many. */
  readonly values: readonly number[];
}

/** Reduces the values of a period to one number. */
export interface Statistic {
  /** As CloudWatch writes it: `Average`, `p99`. */
  readonly name: string;
  readonly of: (bucket: Bucket) => number;
}

const PLAIN: Readonly<Record<string, Statistic['of']>> = {
  Average: ({ sum, count }) => sum / count,
  Maximum: ({ max }) => max,
  Minimum: ({ min }) => min,
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
};

/** The statistic of that name, or undefined for one that is not known here (trimmed means, ranks). */
export function parseStatistic(name: string): Statistic | undefined {
  const of = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (of) return { name, of };
  const percent = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name)?.[1];
  return percent === undefined ? undefined : { name, of: ({ values }) => percentile(values, Number(percent)) };
}

/** By nearest rank over the kept values. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}
