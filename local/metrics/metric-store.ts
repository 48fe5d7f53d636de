import type { MetricId } from './alarm-model.ts';
import type { Bucket } from './statistic.ts';

/** A value as a function emitted it. */
export interface Sample {
  readonly metric: MetricId;
  readonly value: number;
  readonly timestampMs: number;
  /** CloudWatch keeps standard resolution by the minute, so an alarm of 10 s cannot read it well. The same here. */
  readonly resolutionS: 1 | 60;
}

const KEPT_VALUES = 500;
/** Bounds the memory: functions choose the names of metrics. */
const METRICS_LIMIT = 1000;

type Series = Map<number, MutableBucket>;
type MutableBucket = { -readonly [Key in keyof Bucket]: Bucket[Key] } & { values: number[] };

/** Metrics by the second, kept for a while. */
export class MetricStore {
  readonly #retentionMs: number;
  readonly #series = new Map<string, { readonly metric: MetricId; readonly buckets: Series }>();

  constructor(retentionMs: number) {
    this.#retentionMs = retentionMs;
  }

  add({ metric, value, timestampMs, resolutionS }: Sample): void {
    const key = keyOf(metric);
    const known = this.#series.get(key);
    if (!known && this.#series.size >= METRICS_LIMIT) return;
    const { buckets } = known ?? { buckets: new Map() };
    if (!known) this.#series.set(key, { metric, buckets });
    const stepMs = resolutionS * 1000;
    const startMs = Math.floor(timestampMs / stepMs) * stepMs;
    const bucket = buckets.get(startMs);
    if (bucket) addValue(bucket, value);
    else buckets.set(startMs, { sum: value, count: 1, min: value, max: value, values: [value] });
    if (!bucket) forget(buckets, timestampMs - this.#retentionMs);
  }

  /** The values in `[fromMs, toMs)`, or undefined where there is none. */
  read(metric: MetricId, fromMs: number, toMs: number): Bucket | undefined {
    const inside = [...(this.#series.get(keyOf(metric))?.buckets ?? [])]
      .filter(([startMs]) => startMs >= fromMs && startMs < toMs)
      .map(([, bucket]) => bucket);
    return inside.length === 0 ? undefined : merge(inside);
  }

  /** The metrics that have been seen. */
  list(): readonly MetricId[] {
    return [...this.#series.values()].map(({ metric }) => metric);
  }
}

function keyOf({ namespace, name, dimensions }: MetricId): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

function addValue(bucket: MutableBucket, value: number): void {
  bucket.sum += value;
  bucket.count += 1;
  bucket.min = Math.min(bucket.min, value);
  bucket.max = Math.max(bucket.max, value);
  if (bucket.values.length < KEPT_VALUES) bucket.values.push(value);
  // Reservoir sampling: each value of the interval is kept with the same probability.
  else if (Math.random() < KEPT_VALUES / bucket.count) bucket.values[Math.floor(Math.random() * KEPT_VALUES)] = value;
}

function merge(buckets: readonly Bucket[]): Bucket {
  return {
    sum: buckets.reduce((total, { sum }) => total + sum, 0),
    count: buckets.reduce((total, { count }) => total + count, 0),
    min: Math.min(...buckets.map(({ min }) => min)),
    max: Math.max(...buckets.map(({ max }) => max)),
    values: buckets.flatMap(({ values }) => values),
  };
}

/** A map keeps insertion order, and time passes forward: the oldest buckets come first. */
function forget(buckets: Series, beforeMs: number): void {
  for (const startMs of buckets.keys()) {
    if (startMs >= beforeMs) return;
    buckets.delete(startMs);
  }
}
