/** Datapoints by the start of their period, in epoch milliseconds. */
export type Series = ReadonlyMap<number, number>;
export type Value = number | Series | readonly Value[];

type Numbers = readonly number[];

/**
 * Applies `f` to numbers, or to the datapoints of series at each time that one of them has. What another lacks then is
 * 0, and a result that is no number (a division by zero) is missing (AWS: CloudWatch, "Metric math syntax and functions").
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

/** What the condition chooses may be missing: that is 0 where it holds, and stays missing where it does not (AWS: "Using IF expressions"). */
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

/** Over one series: a number. Over a list: at each time, over those that have a datapoint. */
export function reduce(value: Value | undefined, f: (numbers: Numbers) => number): Value {
  if (value === undefined || typeof value === 'number') return value ?? Number.NaN;
  if (!isList(value)) return f([...value.values()]);
  const members = value.map(scalarOrSeries);
  const times = timesOf(members);
  if (times.length === 0) return f(members.filter((member) => typeof member === 'number'));
  return new Map(times.map((time) => [time, f(members.flatMap((member) => at(member, time) ?? []))]));
}

/** Over a list, what is missing counts as 0. */
export function average(value: Value | undefined): Value {
  if (value === undefined || !isList(value)) return reduce(value, (numbers) => sum(numbers) / numbers.length);
  return combine((total) => total / value.length, reduce(value, sum));
}

/** `last`: the datapoint before. */
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
  if (isList(value)) throw new Error('a list of metrics stands where one metric is expected');
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
