import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ANY_JWT } from '../../lambdas/contract/auth/auth-policy.ts';
import type { AuthorizerConfig } from '../../lambdas/contract/auth/authorizer-config.ts';
import { Env } from '../../lambdas/contract/environment.ts';
import { issuerConfig } from '../support/auth/authorizer.ts';
import { createKey, type TestKey } from '../support/auth/tokens.ts';
import { startTable, type TestTable } from '../support/aws/dynamodb.ts';
import { documentVariables } from '../support/documents.ts';
import { serveHttp, type TestServer } from '../support/upstreams/upstream.ts';
import type { Tally } from './authorizer-process.ts';

const PROCESSES = 4;
const REQUESTS = 10_000;

let table: TestTable;
let issuer: TestServer;
let published: readonly TestKey[];
let fetches = 0;
let processes: readonly ChildProcess[];

beforeEach(async () => {
  table = await startTable();
  published = [await createKey('old')];
  fetches = 0;
  issuer = await serveHttp((_, response) => {
    fetches += 1;
    response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  processes = await Promise.all(Array.from({ length: PROCESSES }, startProcess));
});

afterEach(async () => {
  for (const process of processes) process.disconnect();
  await Promise.all([issuer.stop(), table.stop()]);
});

async function startProcess(): Promise<ChildProcess> {
  const config: AuthorizerConfig = {
    gateway: 'test',
    rejections: 'explained',
    issuers: [issuerConfig({ jwksUri: issuer.url })],
    claims: [],
    policies: [ANY_JWT],
    services: { '/api/users': 0 },
    routes: {},
  };
  const child = fork(new URL('authorizer-process.ts', import.meta.url), {
    env: {
      ...process.env,
      ...documentVariables({ authorizer: config }),
      [Env.table]: table.name,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}

/** Asks all processes at once, each about its share. */
async function ask(tokens: readonly string[], atOnce = 32): Promise<Tally> {
  const tallies = await Promise.all(
    processes.map(async (child, index) => {
      const answered = once(child, 'message');
      child.send({ tokens: tokens.filter((_, place) => place % PROCESSES === index), atOnce });
      return (await answered)[0] as Tally;
    }),
  );
  const sum: Record<string, number> = {};
  for (const [answer, count] of tallies.flatMap((tally) => Object.entries(tally))) {
    sum[answer] = (sum[answer] ?? 0) + count;
  }
  return sum;
}

/** Each token is another one, so that none is remembered. */
function signed(keys: readonly TestKey[], count: number): Promise<readonly string[]> {
  const signers = Array.from({ length: count }, (_, index) => keys[index % keys.length] as TestKey);
  return Promise.all(signers.map((key, index) => key.sign({ sub: `user-${index}` })));
}

it(`a rotation under ${REQUESTS} requests refuses no good token and costs each process one fetch at most`, async () => {
  const [old] = published as [TestKey];
  expect(await ask(await signed([old], 400))).toEqual({ verified: 400 });
  expect(fetches).toBeLessThanOrEqual(PROCESSES);

  fetches = 0;
  const next = await createKey('next');
  published = [old, next];
  expect(await ask(await signed([old, next], REQUESTS))).toEqual({ verified: REQUESTS });
  expect(fetches).toBeGreaterThan(0);
  expect(fetches).toBeLessThanOrEqual(PROCESSES);
});

it('junk tokens with kids that nobody has make each process ask the issuer once at most', async () => {
  const [old] = published as [TestKey];
  await ask(await signed([old], 40));
  fetches = 0;
  const forger = await createKey('forged');
  const junk = await Promise.all(
    Array.from({ length: 2000 }, (_, index) => forger.sign({ sub: `user-${index}` }, { kid: `junk-${index}` })),
  );
  expect(await ask(junk)).toEqual({ invalid_token: 2000 });
  expect(fetches).toBeLessThanOrEqual(PROCESSES);
});
