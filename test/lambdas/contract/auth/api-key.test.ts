import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApiKey, decodeApiKey, isApiKeyId, parseApiKey } from '../../../../lambdas/contract/auth/api-key.ts';

const LETTERS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
const letters = (length: number) =>
  fc.string({ unit: fc.constantFrom(...LETTERS), minLength: length, maxLength: length });

const ID = '4fzN9qXw2LbC';
const SECRET = 'S'.repeat(43);
const KEY = `tgk_${ID}_${SECRET}check1`;

describe('the text of a key', () => {
  it('is taken apart into its id, its body and its check', () => {
    fc.assert(
      fc.property(letters(12), letters(43), letters(6), (id, secret, check) => {
        const body = `tgk_${id}_${secret}`;
        expect(parseApiKey(`${body}${check}`)).toEqual({ id, body, check });
      }),
    );
  });

  it.each([
    '',
    'tgk_',
    ID,
    KEY.slice(0, -1),
    `${KEY}x`,
    `${KEY}\n`,
    ` ${KEY}`,
    KEY.replace('tgk_', 'TGK_'),
    KEY.replace('tgk_', 'xtgk_'),
    KEY.replace(`${ID}_`, `${ID}-`),
    KEY.replace('SS', 'S_'),
    KEY.replace('S', 'é'),
    `${KEY},${KEY}`,
  ])('is not %j', (text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  it('of 10 MB is found to be none at once', () => {
    const startedAtMs = performance.now();
    expect(parseApiKey(`tgk_${'a'.repeat(10_000_000)}`)).toBeUndefined();
    expect(performance.now() - startedAtMs).toBeLessThan(200);
  });

  it.each([
    [ID, true],
    [ID.slice(1), false],
    [`${ID}x`, false],
    ['4fzN9qXw2Lb_', false],
    [`${ID}\n`, false],
  ])('has the id %j: %j', (id, is) => {
    expect(isApiKeyId(id)).toBe(is);
  });
});

describe('the record of a key', () => {
  const record: ApiKey = {
    id: ID,
    owner: 'acme',
    plan: 'pro',
    tenant: '',
    scopes: ['read'],
    roles: [],
    createdAtMs: 1,
    expiresAtMs: 2,
    secrets: [
      { hash: 'new', untilMs: 0 },
      { hash: 'old', untilMs: 3 },
    ],
    rotatedAtMs: 1,
    revokedUntilMs: null,
    version: 1,
  };

  it('is read back as it was written', () => {
    expect(decodeApiKey(JSON.stringify(record))).toEqual(record);
    expect(decodeApiKey(JSON.stringify({ ...record, revokedUntilMs: 0 })).revokedUntilMs).toBe(0);
  });

  it('is none in which a field is missing', () => {
    for (const field of Object.keys(record)) {
      expect(() => decodeApiKey(JSON.stringify({ ...record, [field]: undefined }))).toThrow(`key.${field} must be`);
    }
  });
});
