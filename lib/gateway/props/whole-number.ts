import { InvalidPropError } from '../../invalid-prop.ts';
import { checkKind, NUMBER } from './check-props.ts';

/** Bounds of a whole number, with the fix for a wrong one. */
export interface WholeNumberBounds {
  readonly min: number;
  readonly max: number;
  readonly fix: string;
}

/** @throws InvalidPropError unless the value is a whole number within its bounds */
export function wholeNumber(name: string, value: number, { min, max, fix }: WholeNumberBounds): number {
  checkKind(name, value, NUMBER);
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new InvalidPropError(`${name} must be a whole number between ${min} and ${max}, got ${value}: ${fix}`);
  }
  return value;
}
