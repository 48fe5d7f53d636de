import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  hashApiKey,
  isSameHash,
  isWellMade,
  mintApiKey,
  newApiKeyId,
} from '../../../../lambdas/adapters/auth/api-key-secret.ts';
import { type ApiKeyParts, isApiKeyId, parseApiKey } from '../../../../lambdas/contract/auth/api-key.ts';
import { holdsToken } from '../../../../lambdas/contract/holds-token.ts';

function partsOf(key: string): ApiKeyParts {
  return parseApiKey(key) as ApiKeyParts;
}

describe('a key', () => {
  it('has the id that it is made for, and a secret that no other one has', () => {
    const id = newApiKeyId();
    expect(isApiKeyId(id)).toBe(true);
    const keys = Array.from({ length: 100 }, () => mintApiKey(id));
    expect(keys.every((key) => partsOf(key).id === id && isWellMade(partsOf(key)))).toBe(true);
    expect(new Set(keys.map((key) => key.slice(17, 60))).size).toBe(100);
    expect(new Set(Array.from({ length: 100 }, newApiKeyId)).size).toBe(100);
  });

  it('uses all letters and digits alike', () => {
    const secrets = Array.from({ length: 300 }, () => mintApiKey(newApiKeyId()).slice(17, 60)).join('');
    const counts = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].map(
      (letter) => secrets.split(letter).length - 1,
    );
    // 12,900 letters, 208 of each on average; one so far off comes once in more runs than there will be.
    expect(Math.min(...counts)).toBeGreaterThan(80);
    expect(Math.max(...counts)).toBeLessThan(360);
  });

  it('with any one character changed, or two exchanged, is known to be mistyped', () => {
    const key = mintApiKey(newApiKeyId());
    for (let place = 4; place < key.length; place += 1) {
      if (key[place] === '_') continue;
      const typo = `${key.slice(0, place)}${key[place] === 'a' ? 'b' : 'a'}${key.slice(place + 1)}`;
      expect(isWellMade(partsOf(typo))).toBe(false);
    }
    const swapped = key.replace(/(..)(.{6})$/, (_, [one, other]: string, check: string) => `${other}${one}${check}`);
    if (swapped !== key) expect(isWellMade(partsOf(swapped))).toBe(false);
  });

  it('is known as a secret wherever it gets into a text', () => {
    expect(holdsToken(`revoked ${mintApiKey(newApiKeyId())} today`)).toBe(true);
  });
});

describe('what is kept of a key', () => {
  it('is its SHA-256, of the whole of it', () => {
    const key = mintApiKey(newApiKeyId());
    expect(hashApiKey(key)).toBe(createHash('sha256').update(key).digest('base64url'));
  });

  it('is the same as itself alone', () => {
    const [one, other] = [hashApiKey('one'), hashApiKey('other')];
    expect(isSameHash(one, one)).toBe(true);
    expect(isSameHash(one, other)).toBe(false);
    for (const short of ['', one.slice(0, -1), `${one}AAAA`]) expect(isSameHash(one, short)).toBe(false);
  });
});
