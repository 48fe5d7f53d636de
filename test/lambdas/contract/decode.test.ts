import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  array,
  boolean,
  DecodeError,
  type Decoder,
  decodeJson,
  integer,
  member,
  nullable,
  number,
  object,
  record,
  string,
} from '../../../lambdas/contract/decode.ts';

const DECODERS: Record<string, Decoder<unknown>> = {
  string,
  boolean,
  number,
  integer,
  member: member(['a', 'b']),
  nullable: nullable(integer),
  array: array(string),
  record: record(integer),
  object: object({ name: string, size: nullable(number) }),
};

/** The value of the decoder, or the error it gave; any other error is not caught. */
function decoded(decoder: Decoder<unknown>, value: unknown): unknown {
  try {
    return decoder(value, 'it');
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

describe.each(Object.entries(DECODERS))('the decoder of %s', (_, decoder) => {
  it('gives for any JSON a value that it accepts again, or a DecodeError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = decoded(decoder, value);
        if (result instanceof DecodeError) {
          expect(result).toMatchObject({
            code: 'decode_failed',
            message: expect.stringMatching(/^it.* must be .*, got /s),
          });
        } else {
          expect(decoded(decoder, result)).toEqual(result);
        }
      }),
    );
  });
});

describe('the error', () => {
  it.each([
    [object({ a: object({ b: string }) }), { a: { b: 1 } }, 'it.a.b must be a string, got 1'],
    [object({ a: string }), {}, 'it.a must be a string, got undefined'],
    [array(integer), [1, 2.5], 'it[1] must be an integer, got 2.5'],
    [record(boolean), { 'POST /x': 'no' }, `it['POST /x'] must be a boolean, got "no"`],
    [member(['none', 'jwt']), 'None', 'it must be one of none, jwt, got "None"'],
    [object({}), [], 'it must be an object, got an array'],
    [array(string), { length: 0 }, 'it must be an array, got an object'],
    [string, null, 'it must be a string, got null'],
  ] as [Decoder<unknown>, unknown, string][])('%# names path, rule and value', (decoder, value, message) => {
    expect(() => decoder(value, 'it')).toThrow(message);
  });

  it('quotes no more than the beginning of a long text', () => {
    const error = decoded(integer, 'secret'.repeat(1000)) as DecodeError;
    expect(error.message.length).toBeLessThan(100);
  });
});

describe('numbers', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d is none', (value) => {
    expect(() => number(value, 'it')).toThrow('a finite number');
  });

  it.each([2 ** 53, -(2 ** 53), 0.1, '1', Number.NaN])('%j is no integer', (value) => {
    expect(() => integer(value, 'it')).toThrow('an integer');
  });
});

describe('an object', () => {
  it('keeps the named fields and leaves out the others', () => {
    expect(object({ a: string })({ a: 'x', b: 'y' }, 'it')).toEqual({ a: 'x' });
  });

  it('of a hostile document changes no prototype', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
    decoded(
      record((value) => value),
      hostile,
    );
    decoded(object({ polluted: nullable(number) }), hostile);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('decodeJson', () => {
  it.each(['', '{', 'undefined', '{"a":1}}', "{'a':1}"])('refuses %j, which is no JSON, with a DecodeError', (json) => {
    expect(() => decodeJson(string, json, 'document')).toThrow(new DecodeError('document', 'JSON', json));
  });
});
