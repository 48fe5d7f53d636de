import type { Duration } from 'aws-cdk-lib';
import { InvalidPropError } from '../../invalid-prop.ts';

/** Bounds of a duration, with the fix or the reason for a wrong one. */
export interface IntervalBounds {
  readonly min: Duration;
  readonly max: Duration;
  readonly reason: string;
}

/** From the longest on: a duration is written in the first that divides it. */
const UNITS = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

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
    `${name} must be whole seconds, got ${words(duration)}: write Duration.seconds(${Math.ceil(milliseconds / 1000)})`,
  );
}

/** As a person would write it: `1500 ms`, `45 s`, `2 h`, `31 days`. */
export function words(duration: Duration): string {
  const milliseconds = duration.toMilliseconds({ integral: false });
  if (milliseconds === 0) return '0 s';
  const [size, name] = UNITS.find(([unitMs]) => milliseconds % unitMs === 0) ?? [1, 'ms'];
  const count = milliseconds / size;
  return count === 1 && name === 'days' ? '1 day' : `${count} ${name}`;
}
