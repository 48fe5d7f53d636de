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

  it('names no stack', () => {
    expect(describeError(new Error('no'))).not.toContain('log.test');
  });
});
