import type { Duration } from 'aws-cdk-lib';
import { InvalidPropError } from '../invalid-prop.ts';

/** Milliseconds of a duration that lies within its bounds. */
export function intervalMs(
  name: string,
  duration: Duration,
  bounds: { readonly min: Duration; readonly max: Duration; readonly reason: string },
): number {
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
