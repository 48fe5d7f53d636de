import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mintApiKey, newApiKeyId } from '../../../lambdas/adapters/auth/api-key-secret.ts';
import { masked, withoutCredentials } from '../../../lambdas/contract/masked.ts';
import { createKey } from '../../support/auth/tokens.ts';

describe('what a log shows of a path', () => {
  it('has no token, whole, cut or with something around it', async () => {
    const token = await (await createKey('k')).sign();
    const [header = '', payload = ''] = token.split('.');
    for (const held of [token, `${header}.${payload}`, header, token.slice(0, 40), `id_${token}`, `${token}.json`]) {
      expect(masked(`/api/users/${held}/profile`), held).toBe('/api/users/[masked]/profile');
      expect(masked(`/api/users/x;token=${held}`), held).toBe('/api/users/x;token=[masked]');
    }
  });

  it('has no API key, whole or cut in its secret', () => {
    const key = mintApiKey(newApiKeyId());
    for (const held of [key, key.slice(0, 30), `v1-${key}`]) expect(masked(`/k/${held}`)).toBe('/k/[masked]');
  });

  it('has no secret of 128 bits or more in hex', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        fc.pre(/\d/.test(hex) && /[a-f]/.test(hex));
        expect(masked(`/reset/${hex}`)).toBe('/reset/[masked]');
        expect(masked(`/reset/${hex.toUpperCase()}/x`)).toBe('/reset/[masked]/x');
      }),
    );
  });

  it('has next to none of 256 random bits in base64url', () => {
    const secrets = Array.from({ length: 2000 }, () => randomBytes(32).toString('base64url'));
    // One in some 1,500 has no digit.
    expect(secrets.filter((secret) => masked(`/${secret}`) !== '/[masked]').length).toBeLessThan(20);
  });

  it.each([
    '',
    '/',
    '/api/users/42',
    '/api/users/3fa85f64-5717-4562-b3fc-2c963f66afa6',
    '/api/users/3FA85F64-5717-4562-B3FC-2C963F66AFA6/orders',
    '/api/events/01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '/api/items/507f1f77bcf86cd799439011',
    '/api/numbers/123456789012345678901234567890123456',
    '/blog/2024/how-to-build-a-house-of-wood-in-12-days',
    '/files/Annual-Report-2024-Final-Version-3.pdf',
    '/rpc/GetUserPreferencesByAccountAndRegion',
    '/keys/tgk_4fzN9qXw2LbC',
    '/a/eyJ',
    '/mail/somebody.with.a.long.name@subdomain.example.com',
    '/日本語/ユーザー/プロフィール/とても長いパス',
  ])('is %j as it is', (path) => {
    expect(masked(path)).toBe(path);
  });

  it('is found in a time that grows with the path', () => {
    for (const text of ['a', 'eyJ', 'tgk_', 'aA1', '/', '.', 'eyJ.', '-', 'A1-']) {
      expect(masked(text.repeat(200_000)).length).toBeGreaterThan(0);
    }
  });
});

it('an error keeps its words and loses what looks like a credential', () => {
  const token = `eyJ${'a'.repeat(20)}`;
  const arn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/Foundation-StateTable6F4D5C1A-1ABCDEFGHIJKL';
  expect(withoutCredentials(`no "${token}", at ${arn}`)).toBe(`no "[masked]", at ${arn}`);
});
