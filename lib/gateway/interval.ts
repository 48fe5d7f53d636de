import type { Duration } from 'aws-cdk-lib';
import { InvalidPropError } from '../invalid-prop.ts';

/** What a duration may be, and why no other. */
export interface IntervalBounds {
  readonly min: Duration;
  readonly max: Duration;
  readonly reason: string;
}

/** Milliseconds of a duration that lies within its bounds. */
export function intervalMs(name: string, duration: Duration, bounds: IntervalBounds): number {
  const milliseconds = duration.toMilliseconds({ integral: false });
  if (
    !Number.isInteger(milliseconds) ||
    milliseconds < bounds.min.toMilliseconds() ||
    milliseconds > bounds.max.toMilliseconds()
  ) {
    throw new InvalidPropError(
      `${name} must be between ${words(bounds.min)} and ${words(bounds.max)}, got ${words(duration)}: ${bounds.reason}`,
    );
  }
  return milliseconds;
}

/** Seconds of a duration that lies within its bounds and has no parts of one. */
export function wholeSeconds(name: string, duration: Duration, bounds: IntervalBounds): number {
  const milliseconds = intervalMs(name, duration, bounds);
  if (milliseconds % 1000 === 0) return milliseconds / 1000;
  throw new InvalidPropError(
    `${name} must be whole seconds, got ${milliseconds} ms: write Duration.seconds(${Math.ceil(milliseconds / 1000)})`,
  );
}

/** `1500 ms`, `45 s`, `31 days`: the largest unit that divides it. */
export function words(duration: Duration): string {
  const milliseconds = duration.toMilliseconds({ integral: false });
  const units = [
    [86_400_000, 'days'],
    [1000, 's'],
  ] as const;
  for (const [size, name] of units) {
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size} ${name}`;
  }
  return `${milliseconds} ms`;
}
