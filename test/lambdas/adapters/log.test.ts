import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeError, writeLine } from '../../../lambdas/adapters/log.ts';

let written: string[];
beforeEach(() => {
  written = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('writeLine', () => {
  it('writes one line, whatever the values hold', () => {
    writeLine({ path: 'a\r\n{"forged":true}\n', separator: '\u2028' });
    expect(written).toHaveLength(1);
    expect(written[0]?.split('\n')).toHaveLength(2);
    expect(JSON.parse(written[0] ?? '')).toEqual({ path: 'a\r\n{"forged":true}\n', separator: '\u2028' });
  });
});

describe('describeError', () => {
  it.each([
    [new TypeError('no'), 'TypeError: no'],
    [Object.assign(new Error('no'), { name: '_S' }), 'no'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('of %o is %j', (error, text) => {
    expect(describeError(error)).toBe(text);
  });

  it('has no credential that its message quotes, and names resources as they are', () => {
    const token = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(43)}`;
    const key = `tgk_4fzN9qXw2LbC_${'k'.repeat(49)}`;
    expect(describeError(new Error(`no "${token}" in /x/${key}`))).toBe('Error: no "[masked]" in /x/[masked]');
    const arn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/Foundation-StateTable6F4D5C1A-1ABCDEFGHIJKL';
    expect(describeError(new Error(`no access to ${arn}`))).toBe(`Error: no access to ${arn}`);
  });

  it('is no longer than a line should be', () => {
    expect(describeError(new Error('x'.repeat(100_000)))).toHaveLength(1024);
  });

  it('names no stack', () => {
    expect(describeError(new Error('no'))).not.toContain('log.test');
  });
});
