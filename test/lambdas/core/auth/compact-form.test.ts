import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCompactJws } from '../../../../lambdas/core/auth/compact-form.ts';

/** What Node would write for the bytes that it reads. */
function isWrittenAsNodeDoes(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
}

const base64url = (bytes: fc.Arbitrary<Uint8Array>) => bytes.map((array) => Buffer.from(array).toString('base64url'));

describe('a signed token in compact form', () => {
  it('is three parts, each with a byte at least', () => {
    const part = base64url(fc.uint8Array({ minLength: 1, maxLength: 20 }));
    fc.assert(
      fc.property(part, part, part, (header, payload, signature) => {
        expect(isCompactJws(`${header}.${payload}.${signature}`)).toBe(true);
      }),
    );
  });

  it('has one text for its bytes: what would be written otherwise is none', () => {
    const sloppy = fc.string({ unit: fc.constantFrom(...'ABQgwxyz019-_+/= '), maxLength: 8 });
    fc.assert(
      fc.property(sloppy, sloppy, sloppy, (header, payload, signature) => {
        const parts = [header, payload, signature];
        expect(isCompactJws(parts.join('.'))).toBe(parts.every(isWrittenAsNodeDoes));
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['', '.', '..', 'YQ', 'YQ.YQ', 'YQ.YQ.', 'YQ..YQ', '.YQ.YQ', 'YQ.YQ.YQ.YQ', 'YQ.YQ.YQ\n', ' YQ.YQ.YQ'])(
    'is not %j',
    (token) => {
      expect(isCompactJws(token)).toBe(false);
    },
  );

  it('is not an encrypted one, nor one with padding or of plain base64', () => {
    for (const token of ['YQ.YQ.YQ.YQ.YQ', 'YQ==.YQ.YQ', 'YQ.YQ.-+8', 'YQ.YR.YQ', 'YQ.YQ.YQA.']) {
      expect(isCompactJws(token)).toBe(false);
    }
  });
});
