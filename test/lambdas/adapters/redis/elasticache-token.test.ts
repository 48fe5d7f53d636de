import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { elastiCacheTokens } from '../../../../lambdas/adapters/redis/elasticache-token.ts';
import { expectedSignature } from '../../../support/aws/presigned.ts';
import { TestClock } from '../../../support/clock.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const LOGIN = { user: 'tollgate-user', cache: 'Tollgate-Cache', serverless: true };

let clock: TestClock;
beforeEach(() => {
  clock = new TestClock();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET);
  vi.stubEnv('AWS_SESSION_TOKEN', 'session/token+with=signs');
});
afterEach(() => vi.unstubAllEnvs());

const tokens = (login = LOGIN) => elastiCacheTokens(login, { region: 'eu-central-1', clock: clock.now });
const queryOf = (token: string) => Object.fromEntries(new URL(`http://${token}`).searchParams);

describe('a token', () => {
  it('is a presigned URL of the cache in lower case, without its scheme, for 15 minutes', async () => {
    const token = await tokens()();
    expect(token).toMatch(/^tollgate-cache\/\?/);
    expect(queryOf(token)).toEqual({
      Action: 'connect',
      User: 'tollgate-user',
      ResourceType: 'ServerlessCache',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': expect.stringMatching(/^AKIDEXAMPLE\/\d{8}\/eu-central-1\/elasticache\/aws4_request$/),
      'X-Amz-Date': new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, ''),
      'X-Amz-Expires': '900',
      'X-Amz-Security-Token': 'session/token+with=signs',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([LOGIN, { user: 'u', cache: 'node', serverless: false }])(
    'for %j carries the signature that AWS computes',
    async (login) => {
      const token = await tokens(login)();
      expect(queryOf(token)['X-Amz-Signature']).toBe(expectedSignature(token, SECRET));
    },
  );

  it('names no kind of cache for a replication group', async () => {
    expect(queryOf(await tokens({ ...LOGIN, serverless: false })())).not.toHaveProperty('ResourceType');
  });

  it('is dated when it is asked for, and signed with the credentials of that time', async () => {
    const sign = tokens();
    const first = queryOf(await sign());
    clock.advance(16 * 60_000);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDNEXT');
    const second = queryOf(await sign());
    expect(second['X-Amz-Date']).not.toBe(first['X-Amz-Date']);
    expect(second['X-Amz-Credential']).toMatch(/^AKIDNEXT\//);
  });

  it('cannot be had without credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    await expect(tokens()()).rejects.toThrow('credentials');
  });
});
