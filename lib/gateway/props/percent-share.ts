import { InvalidPropError } from '../../invalid-prop.ts';

/**
 * A percentage as the share that the functions read.
 *
 * @param what `50 opens when half of the requests fail`
 * @throws InvalidPropError unless it is above 0 and at most 100
 */
export function percentShare(name: string, percent: number, what: string): number {
  if (percent > 0 && percent <= 100) return percent / 100;
  throw new InvalidPropError(`${name} must be more than 0 and at most 100, got ${percent}: ${what}`);
}

/** The inverse, without the noise of binary fractions: 0.07 * 100 is not 7. */
export function percentOf(share: number): number {
  return Number((share * 100).toFixed(8));
}
