import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimPointer, claimReader } from '../../../../lambdas/contract/auth/claim-pointer.ts';

describe('a pointer', () => {
  it.each([
    ['email', '/email'],
    ['https://example.com/plan', '/https:~1~1example.com~1plan'],
    [['realm_access', 'roles'], '/realm_access/roles'],
    ['a~1b', '/a~01b'],
    ['', '/'],
  ])('of %j is %j (RFC 6901)', (path, pointer) => {
    expect(claimPointer(path)).toBe(pointer);
  });

  it('leads to the very claim, whatever the names on the way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('~', '0', '1', '/', '.', 'a') }), { minLength: 1, maxLength: 4 }),
        fc.jsonValue(),
        (path, value) => {
          const claims = path.reduceRight<unknown>((inner, name) => ({ [name]: inner, other: 1 }), value);
          expect(claimReader(claimPointer(path))(claims as Record<string, unknown>)).toEqual(value);
        },
      ),
    );
  });

  it.each([
    ['/missing', { email: 'x' }],
    ['/email/length', { email: 'x' }],
    ['/roles/0', { roles: ['admin'] }],
    ['/a/b', { a: null }],
    ['/constructor', {}],
    ['/__proto__', {}],
    ['/a/toString', { a: {} }],
  ])('%s leads nowhere in %j', (pointer, claims) => {
    expect(claimReader(pointer)(claims)).toBeUndefined();
  });

  it('goes into an own member of any name', () => {
    const claims = JSON.parse('{"__proto__": {"constructor": "x"}}');
    expect(claimReader('/__proto__/constructor')(claims)).toBe('x');
  });
});
