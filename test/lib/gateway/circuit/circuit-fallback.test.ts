import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../../lib/gateway/circuit/circuit-breaker.ts';
import type { FallbackProps } from '../../../../lib/gateway/circuit/circuit-fallback.ts';

const fallbackOf = (fallback: FallbackProps) => CircuitBreaker.of({ fallback }).policy?.fallback;

describe('what an open circuit answers', () => {
  it('is 503 and JSON unless told otherwise', () => {
    expect(fallbackOf({ body: '{"items":[]}' })).toEqual({
      status: 503,
      contentType: 'application/json',
      body: '{"items":[]}',
    });
  });

  it.each<FallbackProps>([
    { status: 200, contentType: 'text/html; charset=utf-8', body: '<p>Back soon.</p>' },
    { status: 200, contentType: 'application/jsonl', body: 'is no JSON' },
    { status: 503, contentType: 'application/problem+json', body: '{"title":"later"}' },
    { status: 204, contentType: 'application/json', body: '' },
    { status: 599, contentType: 'text/plain', body: 'ü'.repeat(512) },
    { status: 200, contentType: 'text/plain', body: '' },
  ])('may be $status $contentType', (fallback) => {
    expect(fallbackOf(fallback)).toEqual(fallback);
  });

  it.each<[string, object, string]>([
    ['no body', {}, 'body must be a string, got undefined: write one like \'{"items":[]}\''],
    ['a body by another name', { text: 'later' }, 'props must be among body, status, contentType, got "text": '],
    ['a body of objects', { body: { items: [] } }, 'body must be a string, got {"items":[]}: '],
    ['a body over 64 KB', { body: `"${'x'.repeat(65_535)}"` }, 'body must be at most 65536 bytes, got 65537: '],
    [
      'a body whose characters take two bytes',
      { body: `"${'ü'.repeat(32_768)}"` },
      'body must be at most 65536 bytes, got 65538: ',
    ],
    [
      'text as JSON',
      { body: 'later' },
      'body must be JSON where contentType is application/json, got "later": write JSON',
    ],
    ['nothing as JSON', { body: '' }, 'body must be JSON where contentType is application/json, got "": '],
    [
      'text as a kind of JSON',
      { contentType: 'Application/Problem+JSON; charset=utf-8', body: '{' },
      'body must be JSON where contentType is Application/Problem+JSON; charset=utf-8, got "{": ',
    ],
    ['an answer to come', { status: 100, body: '{}' }, 'status must be a whole number between 200 and 599, got 100: '],
    ['no status', { status: 600, body: '{}' }, 'status must be a whole number between 200 and 599, got 600: '],
    [
      'content without content',
      { status: 204, body: '{}' },
      "body must be '' with status 204, got 2 bytes: its answer has no content; write body: '', or status: 200",
    ],
    [
      'a word for a type',
      { contentType: 'json', body: '{}' },
      'contentType must be a media type of at most 100 characters, got',
    ],
    [
      'a type with a second field',
      { contentType: 'text/plain\r\nx-a: b', body: '' },
      'contentType must be a media type',
    ],
    ['a long type', { contentType: `text/${'x'.repeat(96)}`, body: '' }, 'contentType must be a media type'],
  ])('is refused with %s', (_, fallback, message) => {
    expect(() => fallbackOf(fallback as FallbackProps)).toThrow(`fallback: ${message}`);
  });
});
