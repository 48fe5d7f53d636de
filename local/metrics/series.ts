/** Datapoints by the start of their period, in epoch milliseconds. */
export type Series = ReadonlyMap<number, number>;
export type Value = number | Series | readonly Value[];

type Numbers = readonly number[];

/**
 * Applies `f` to numbers, or to series at each time at which one of them has a datapoint. A missing datapoint counts as
 * 0. A result that is no number, as of a division by zero, is missing (AWS: CloudWatch, "Metric math syntax and
 * functions").
 */
export function combine(f: (...numbers: number[]) => number, ...values: readonly (Value | undefined)[]): Value {
  const flat = values.map(scalarOrSeries);
  if (flat.every((value) => typeof value === 'number')) return f(...flat);
  const result = new Map<number, number>();
  for (const time of timesOf(flat)) {
    const number = f(...flat.map((value) => (typeof value === 'number' ? value : (value.get(time) ?? 0))));
    if (Number.isFinite(number)) result.set(time, number);
  }
  return result;
}

/** A missing datapoint is 0 where the condition holds, and stays missing elsewhere (AWS: "Using IF expressions"). */
export function choose(condition: Value | undefined, yes: Value | undefined, no: Value | undefined): Value {
  const [test, left, right] = [scalarOrSeries(condition), scalarOrSeries(yes), scalarOrSeries(no)];
  if (typeof test === 'number') return test !== 0 ? left : right;
  const result = new Map<number, number>();
  for (const [time, holds] of test) {
    const number = holds !== 0 ? (at(left, time) ?? 0) : at(right, time);
    if (number !== undefined) result.set(time, number);
  }
  return result;
}

/** Reduces one series to a number, or a list of series to one: at each time, over the datapoints there. */
export function reduce(value: Value | undefined, f: (numbers: Numbers) => number): Value {
  if (value === undefined || typeof value === 'number') return value ?? Number.NaN;
  if (!isList(value)) return f([...value.values()]);
  const members = value.map(scalarOrSeries);
  const times = timesOf(members);
  if (times.length === 0) return f(members.filter((member) => typeof member === 'number'));
  return new Map(times.map((time) => [time, f(members.flatMap((member) => at(member, time) ?? []))]));
}

/** In a list, a missing datapoint counts as 0. */
export function average(value: Value | undefined): Value {
  if (value === undefined || !isList(value)) return reduce(value, (numbers) => sum(numbers) / numbers.length);
  return combine((total) => total / value.length, reduce(value, sum));
}

/** `last`: repeats the datapoint before. */
export function fill(value: Value | undefined, filler: Value | 'last' | undefined, periods: readonly number[]): Value {
  const series = scalarOrSeries(value);
  if (typeof series === 'number') return series;
  const filling = filler === 'last' ? filler : scalarOrSeries(filler);
  const result = new Map<number, number>();
  let last: number | undefined;
  for (const time of periods) {
    const number = series.get(time) ?? (filling === 'last' ? last : at(filling, time));
    if (number !== undefined) result.set(time, number);
    last = number;
  }
  return result;
}

export function sum(numbers: Numbers): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function scalarOrSeries(value: Value | undefined): number | Series {
  if (value === undefined) return new Map();
  if (isList(value)) throw new Error('one metric is expected, got a list of metrics');
  return value;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function at(value: number | Series, time: number): number | undefined {
  return typeof value === 'number' ? value : value.get(time);
}

/** All times at which one of these has a datapoint, oldest first. */
function timesOf(values: readonly (number | Series)[]): readonly number[] {
  const times = values.flatMap((value) => (typeof value === 'number' ? [] : [...value.keys()]));
  return [...new Set(times)].toSorted((a, b) => a - b);
}
