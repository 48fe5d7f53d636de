import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeApiKeyItem, itemKeyOf } from '../../../lambdas/adapters/auth/api-key-item.ts';
import { mintApiKey, newApiKeyId } from '../../../lambdas/adapters/auth/api-key-secret.ts';
import { RevocationMarker } from '../../../lambdas/adapters/auth/revocation-marker.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import { keyAttributes } from '../../../lambdas/adapters/table/table-client.ts';
import type { handler as authorize } from '../../../lambdas/authorizer/handler.ts';
import type { ApiKey } from '../../../lambdas/contract/auth/api-key.ts';
import { acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import type { AuthorizerConfig } from '../../../lambdas/contract/auth/authorizer-config.ts';
import { Env } from '../../../lambdas/contract/environment.ts';
import { apiKeyOf } from '../../support/auth/api-keys.ts';
import { authorizerEvent, issuerConfig } from '../../support/auth/authorizer.ts';
import { createKey, type TestKey } from '../../support/auth/tokens.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { documentVariables } from '../../support/documents.ts';
import { serveHttp, type TestServer } from '../../support/upstreams/upstream.ts';

const MINUTE_MS = 60_000;

let table: TestTable;
let issuer: TestServer;
let published: readonly TestKey[];
let handler: typeof authorize;

// The function as it is deployed, on a table, an issuer and a day of their own.
beforeEach(async () => {
  published = [await createKey('old')];
  table = await startTable();
  issuer = await serveHttp((_, response) => {
    response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  const config: AuthorizerConfig = {
    gateway: 'test',
    rejections: 'explained',
    issuers: [issuerConfig({ jwksUri: issuer.url })],
    claims: ['/plan'],
    policies: [{ type: 'required', accepts: [acceptance('jwt'), acceptance('apiKey')] }],
    services: { '/api/users': 0 },
    routes: {},
  };
  const environment = {
    ...documentVariables({ authorizer: config }),
    [Env.table]: table.name,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await startInstance();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await Promise.all([issuer.stop(), table.stop()]);
});

/** With nothing in its memory. */
async function startInstance(): Promise<void> {
  vi.resetModules();
  ({ handler } = await import('../../../lambdas/authorizer/handler.ts'));
}

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

async function contextOf(credential: string) {
  const { context } = await handler(authorizerEvent({ authorization: `Bearer ${credential}` }));
  return context;
}

async function verdictOn(credential: string): Promise<string | undefined> {
  return (await contextOf(credential))?.['verdict'];
}

async function store(key: ApiKey): Promise<void> {
  const Item = {
    ...keyAttributes(itemKeyOf('test', key.id)),
    ...encodeApiKeyItem(key),
  } as PutItemCommand['input']['Item'];
  await table.client.send(new PutItemCommand({ TableName: table.name, Item }));
}

it('tokens and API keys are verified side by side', async () => {
  const secret = mintApiKey(newApiKeyId());
  await store(apiKeyOf(secret, Date.now()));
  const gold = { verdict: 'verified', claims: '{"/plan":"gold"}' };
  const token = await (published[0] as TestKey).sign({ plan: 'gold' });
  expect(await contextOf(token)).toMatchObject({ ...gold, client: 'sub:alice' });
  expect(await contextOf(secret)).toMatchObject({ ...gold, client: `key:${secret.slice(4, 16)}` });
  expect(await verdictOn(mintApiKey(newApiKeyId()))).toBe('rejected');
});

it('an instance that starts while the issuer gives no keys verifies by those that the table has', async () => {
  const token = await (published[0] as TestKey).sign();
  expect(await verdictOn(token)).toBe('verified');
  published = [];
  await startInstance();
  expect(await verdictOn(token)).toBe('verified');
});

describe('what is remembered as verified', () => {
  it('is forgotten when the issuer withdraws the key that signed it', async () => {
    const [old] = published as [TestKey];
    expect(await verdictOn(await old.sign())).toBe('verified');
    pass(7 * MINUTE_MS);
    const token = await old.sign({ sub: 'bob' });
    expect(await verdictOn(token)).toBe('verified');
    const next = await createKey('next');
    published = [next];
    pass(4 * MINUTE_MS);
    expect(await verdictOn(token)).toBe('verified');
    expect(await verdictOn(await next.sign())).toBe('verified');
    expect(await verdictOn(token)).toBe('rejected');
  });

  it('is forgotten within 15 seconds when an operator has marked a revocation', async () => {
    const secret = mintApiKey(newApiKeyId());
    const key = apiKeyOf(secret, Date.now());
    await store(key);
    await verdictOn(secret);
    pass(15_000);
    expect(await verdictOn(secret)).toBe('verified');
    await store({ ...key, revokedUntilMs: 0 });
    pass(15_000);
    // Only the mark tells.
    expect(await verdictOn(secret)).toBe('verified');
    await new RevocationMarker(sdkTable(table.client, table.name), 'test').mark(Date.now());
    pass(15_000);
    expect(await verdictOn(secret)).toBe('rejected');
  });
});
