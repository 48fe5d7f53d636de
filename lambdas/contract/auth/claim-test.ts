import {
  array,
  boolean,
  type Decoded,
  DecodeError,
  type Decoder,
  number,
  object,
  record,
  string,
  variant,
} from '../decode.ts';
import type { ClaimPointer } from './claim-pointer.ts';

/** Values that a claim may be compared with. */
export type Scalar = string | number | boolean;

/** A claim as verdicts hand it on: nothing that is nested. */
export type ClaimValue = Scalar | readonly Scalar[];

/** The claims that a verdict hands on, by their pointers. */
export type ClaimValues = Readonly<Record<ClaimPointer, ClaimValue>>;

const scalar: Decoder<Scalar> = (value, path) => {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? boolean(value, path) : number(value, path);
};
const scalars = array(scalar);

export const pointer: Decoder<ClaimPointer> = (value, path) => {
  if (typeof value === 'string' && value.startsWith('/')) return value;
  throw new DecodeError(path, 'a JSON pointer like /email', value);
};

export const claimValues: Decoder<ClaimValues> = record((value, path) =>
  Array.isArray(value) ? scalars(value, path) : scalar(value, path),
);

const compared = object({ claim: pointer, value: scalar });
/**
 * What a claim must be. `contains` is for an array; `matches` is for a string, whose pattern has `*` for any characters and
 * `?` for one, like StringLike in IAM. The time that it takes grows with the text only.
 */
export const claimTest = variant('op', {
  equals: compared,
  contains: compared,
  oneOf: object({ claim: pointer, value: scalars }),
  matches: object({ claim: pointer, value: string }),
});
export type ClaimTest = Decoded<typeof claimTest>;
