import { array, boolean, DecodeError, type Decoder, member, number, object, record, string } from '../decode.ts';
import type { ClaimPointer } from './claim-pointer.ts';

/** What a claim may be compared with. */
export type Scalar = string | number | boolean;

/** A claim as verdicts hand it on: nothing that is nested. */
export type ClaimValue = Scalar | readonly Scalar[];

/** The claims that a verdict hands on, by their pointers. */
export type ClaimValues = Readonly<Record<ClaimPointer, ClaimValue>>;

/**
 * What a claim must be. `contains` is of an array; `matches` of a string, whose pattern has `*` for any characters and
 * `?` for one, as StringLike of IAM has: it takes time in proportion to the text, whoever wrote either.
 */
export type ClaimTest =
  | { readonly claim: ClaimPointer; readonly op: 'equals' | 'contains'; readonly value: Scalar }
  | { readonly claim: ClaimPointer; readonly op: 'oneOf'; readonly value: readonly Scalar[] }
  | { readonly claim: ClaimPointer; readonly op: 'matches'; readonly value: string };

const scalar: Decoder<Scalar> = (value, path) => {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? boolean(value, path) : number(value, path);
};
const scalars = array(scalar);

export const claimTest: Decoder<ClaimTest> = (value, path) => {
  const { claim, op } = operation(value, path);
  const { value: expected } = value as { readonly value?: unknown };
  switch (op) {
    case 'oneOf':
      return { claim, op, value: scalars(expected, `${path}.value`) };
    case 'matches':
      return { claim, op, value: string(expected, `${path}.value`) };
    default:
      return { claim, op, value: scalar(expected, `${path}.value`) };
  }
};

export const pointer: Decoder<ClaimPointer> = (value, path) => {
  if (typeof value === 'string' && value.startsWith('/')) return value;
  throw new DecodeError(path, 'a JSON pointer like /email', value);
};

export const claimValues: Decoder<ClaimValues> = record((value, path) =>
  Array.isArray(value) ? scalars(value, path) : scalar(value, path),
);

const operation = object({ claim: pointer, op: member(['equals', 'contains', 'oneOf', 'matches'] as const) });
