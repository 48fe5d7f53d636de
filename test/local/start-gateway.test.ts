import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Env } from '../../lambdas/contract/environment.ts';
import { startUpstream } from '../../local/demo/demo-upstream.ts';
import { startGateway } from '../../local/start-gateway.ts';
import { UserError } from '../../local/user-error.ts';
import { type AssemblyFixture, type FunctionFixture, temporaryDir, writeAssembly } from './support/assembly.ts';
import { AUTHORIZER, SERVICE } from './support/documents.ts';
import { serveFixture } from './support/gateway.ts';

const READ = `import { readFileSync } from 'node:fs';
const read = (name) => JSON.parse(readFileSync(process.env.LAMBDA_TASK_ROOT + '/' + name, 'utf8'));
`;

// Forwards to the upstream of its policy, and tells the address of its Redis.
const PROXY = `${READ}export const handler = async ({ rawPath }) => {
  const { upstream, prefix } = read('service.json');
  const response = await fetch(upstream + rawPath.slice(prefix.length));
  const headers = { 'x-redis': process.env.${Env.redisUrl} ?? 'none', 'x-cluster': String(process.env.${Env.redisCluster}) };
  return { statusCode: response.status, headers, body: await response.text() };
};`;

// Allows the bearer of a token when the issuer publishes the key that the token names.
const GUARD = `${READ}export const handler = async ({ headers }) => {
  const [{ issuer, jwksUri }] = read('authorizer.json').issuers;
  const [header, payload] = headers.authorization.split(' ')[1].split('.').map((part) => Buffer.from(part, 'base64url'));
  const { keys } = await (await fetch(jwksUri)).json();
  const known = keys.some(({ kid }) => kid === JSON.parse(header).kid);
  return { isAuthorized: known && JSON.parse(payload).iss === issuer };
};`;

const FIXTURE: AssemblyFixture = {
  functions: {
    Users: {
      code: PROXY,
      properties: { Timeout: 10 },
      documents: { service: SERVICE },
      environment: {
        [Env.redisUrl]: 'rediss://cache.example:6379',
        [Env.redisCluster]: 'true',
      },
    },
    Guard: { code: GUARD, properties: { Timeout: 10 }, documents: { authorizer: AUTHORIZER } },
  },
  routes: { 'ANY /api/users/{proxy+}': { function: 'Users', authorized: true } },
  authorizer: { function: 'Guard' },
};

test('a token of the demo issuer leads through the gateway to the demo upstream', async () => {
  const { gateway } = await serveFixture(FIXTURE);
  const headers = { authorization: `Bearer ${await gateway.token({ subject: 'bob' })}` };
  const response = await fetch(`${gateway.url}/api/users/42`, { headers });
  expect(await response.json()).toMatchObject({ service: 'users', path: '/42' });
  expect((await fetch(`${gateway.url}/api/users/status/503`, { headers })).status).toBe(503);
});

test('a service can be pointed at another upstream', async () => {
  const own = await startUpstream('own');
  onTestFinished(() => own.close());
  const { gateway } = await serveFixture(FIXTURE, { upstreams: { users: own.url } });
  const headers = { authorization: `Bearer ${await gateway.token()}` };
  expect(await (await fetch(`${gateway.url}/api/users/42`, { headers })).json()).toMatchObject({ service: 'own' });
  expect(gateway.services()).toMatchObject([{ upstream: own.url, demo: false }]);
});

test('functions find a real Redis, or none where limits are counted in memory', async () => {
  const redisOf = async (redis: 'spawn' | 'memory') => {
    const { gateway } = await serveFixture(FIXTURE, { redis });
    const headers = { authorization: `Bearer ${await gateway.token()}` };
    const response = await fetch(`${gateway.url}/api/users/42`, { headers });
    return [response.headers.get('x-redis'), response.headers.get('x-cluster')];
  };
  expect(await redisOf('spawn')).toEqual([expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+$/), 'undefined']);
  expect(await redisOf('memory')).toEqual(['none', 'undefined']);
});

test('a start that fails leaves nothing running', async () => {
  const { gateway } = await serveFixture(FIXTURE);
  const options = { assemblyDir: writeAssembly(FIXTURE), stateDir: temporaryDir(), redis: 'memory' } as const;
  await expect(startGateway({ ...options, port: gateway.port })).rejects.toThrow(`port ${gateway.port} is in use`);
  const upstreams = { nope: 'http://127.0.0.1:1' };
  await expect(startGateway({ ...options, port: 0, upstreams })).rejects.toThrow('--upstream names the service nope');
});

test('an assembly with documents of another version is refused in one line', async () => {
  const { Users, ...others } = FIXTURE.functions as { Users: FunctionFixture };
  const functions = { ...others, Users: { ...Users, documents: { service: { ...SERVICE, version: 0 } } } };
  const options = { assemblyDir: writeAssembly({ ...FIXTURE, functions }), stateDir: temporaryDir(), port: 0 };
  await expect(startGateway(options)).rejects.toThrow(
    new UserError(
      'assembly_faulty',
      "service.version must be 1, as the function's code is, got 0: synthesize the app again",
    ),
  );
});

test('when it is closed, nothing listens any more', async () => {
  const gateway = await startGateway({
    assemblyDir: writeAssembly(FIXTURE),
    stateDir: temporaryDir(),
    port: 0,
    redis: 'memory',
  });
  await gateway.close();
  const refused = await new Promise((resolve) => {
    connect(gateway.port, '127.0.0.1').once('error', resolve).once('connect', resolve);
  });
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
});
