import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { DOCUMENT_VERSION } from '../../../lambdas/contract/documents.ts';
import { Env } from '../../../lambdas/contract/environment.ts';
import { writeSecret } from '../../../local/operator/secret.ts';
import { DEFAULT_OPERATOR_PORT, serveOperator } from '../../../local/operator/serve-operator.ts';
import type { AssemblyFixture } from '../support/assembly.ts';
import { temporaryDir, writeAssembly } from '../support/assembly.ts';
import { serveFixture } from '../support/gateway.ts';
import { sendRaw } from '../support/raw.ts';

// Answers what it was asked, with the addresses that it was given; fails when it is told to.
const OPERATOR = `import { readFileSync } from 'node:fs';
export const handler = async (event) => {
  if (event.fail) throw new RangeError('told to');
  return { event, config: JSON.parse(readFileSync(process.env.LAMBDA_TASK_ROOT + '/operator.json', 'utf8')), redis: process.env.${Env.redisUrl} ?? 'none' };
};`;
const OK = 'export const handler = async () => ({ statusCode: 200, body: "fine" });';

const FIXTURE: AssemblyFixture = {
  functions: {
    Ok: { code: OK },
    Operator: {
      code: OPERATOR,
      properties: { FunctionName: 'shop-operator' },
      documents: { operator: { gateway: 'shop', namespace: 'Tollgate' } },
      environment: { [Env.redisUrl]: 'rediss://cache.example:6379' },
    },
  },
  routes: { 'GET /there': { function: 'Ok' } },
};

const clients: LambdaClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

function clientOf(port: number, secretAccessKey: string): LambdaClient {
  const client = new LambdaClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey },
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

async function serve(fixture = FIXTURE) {
  const { gateway } = await serveFixture(fixture);
  const { port = 0, secret = '' } = gateway.operator() ?? {};
  const client = clientOf(port, secret);
  const invoke = async (FunctionName: string, event: unknown, changes: object = {}) => {
    const { FunctionError, StatusCode, Payload } = await client.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...changes }),
    );
    return { FunctionError, StatusCode, payload: JSON.parse(Payload?.transformToString() ?? 'null') };
  };
  return { gateway, port, invoke };
}

describe('the operator function', () => {
  test('is invoked by the SDK, with this machine’s Redis or none', async () => {
    const { gateway, invoke } = await serve();
    expect(gateway.operator()).toMatchObject({ port: expect.any(Number), gateway: 'shop' });
    expect(await invoke('shop-operator', { action: 'list' })).toEqual({
      StatusCode: 200,
      payload: {
        event: { action: 'list' },
        config: { version: DOCUMENT_VERSION, gateway: 'shop', namespace: 'Tollgate' },
        redis: 'none',
      },
    });
  });

  test('that fails is told as Lambda tells it', async () => {
    const { invoke } = await serve();
    expect(await invoke('shop-operator', { fail: true })).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'told to' },
    });
  });

  test('comes and goes with the assembly', async () => {
    const { gateway, port, invoke } = await serve();
    const without = { ...FIXTURE, functions: { Ok: { code: OK } } };
    await gateway.reload(writeAssembly(without, temporaryDir()));
    expect(gateway.operator()).toBeUndefined();
    await expect(invoke('shop-operator', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await gateway.reload(writeAssembly(FIXTURE, temporaryDir()));
    expect(gateway.operator()?.port).toBe(port);
    expect(await invoke('shop-operator', {})).toMatchObject({ StatusCode: 200 });
  });
});

describe('what is refused', () => {
  test.each(['Gateway-Ok', 'shop', 'arn:aws:lambda:us-east-1:123456789012:function:shop-operator'])(
    'is any other function: %s',
    async (name) => {
      const { invoke } = await serve();
      await expect(invoke(name, {})).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: expect.stringContaining('shop-operator'),
      });
    },
  );

  test('is an event that nobody waits for, or that is none', async () => {
    const { invoke } = await serve();
    await expect(invoke('shop-operator', {}, { InvocationType: 'Event' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
    await expect(invoke('shop-operator', 'text')).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
    await expect(invoke('shop-operator', {}, { Payload: '{' })).rejects.toMatchObject({
      name: 'InvalidRequestContentException',
    });
  });

  test('is an event that is nested too deep', async () => {
    const { invoke } = await serve();
    const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    for (const levels of [100, 8000, 30_000]) {
      await expect(invoke('shop-operator', {}, { Payload: deep(levels) })).rejects.toMatchObject({
        name: 'InvalidRequestContentException',
        message: 'the event must be a JSON object, nested at most 100 deep here',
      });
    }
    expect(await invoke('shop-operator', {}, { Payload: deep(99) })).toMatchObject({ StatusCode: 200 });
  });

  test('is an event over 64 KB', async () => {
    const { invoke } = await serve();
    await expect(invoke('shop-operator', { pad: 'x'.repeat(64 * 1024) })).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    });
    expect(await invoke('shop-operator', { pad: 'x'.repeat(60 * 1024) })).toMatchObject({ StatusCode: 200 });
  });

  const PATH = '/2015-03-31/functions/shop-operator/invocations';
  const SIGNED = 'authorization: AWS4-HMAC-SHA256 Credential=local\r\n';
  const [NOW = ''] = new Date().toISOString().replace(/[-:]/g, '').split('.');
  const SCOPE = `local/${NOW.slice(0, 8)}/us-east-1/lambda/aws4_request`;
  const FORGED = `x-amz-date: ${NOW}Z\r\nauthorization: AWS4-HMAC-SHA256 Credential=${SCOPE}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}\r\n`;
  test.each([
    [
      'a page of a browser, which cannot sign',
      `POST ${PATH}`,
      'host: 127.0.0.1\r\norigin: https://evil.example\r\n',
      403,
    ],
    ['a page that has this address under a name of its own', `POST ${PATH}`, `host: evil.example\r\n${SIGNED}`, 403],
    ['a preflight', `OPTIONS ${PATH}`, 'host: 127.0.0.1\r\naccess-control-request-method: POST\r\n', 404],
    ['a call that somebody signed with another secret', `POST ${PATH}`, `host: 127.0.0.1\r\n${FORGED}`, 403],
    ['a call of a page on another port', `POST ${PATH}`, 'host: 127.0.0.1\r\norigin: http://127.0.0.1:1\r\n', 403],
    ['another call', `GET ${PATH}`, `host: 127.0.0.1\r\n${SIGNED}`, 404],
    ['another path', 'POST /2015-03-31/functions/', `host: 127.0.0.1\r\n${SIGNED}`, 404],
    [
      'a path that is not well encoded',
      'POST /2015-03-31/functions/%E0/invocations',
      `host: 127.0.0.1\r\n${SIGNED}`,
      404,
    ],
  ])('is %s', async (_, line, headers, status) => {
    const { port } = await serve();
    const reply = await sendRaw(port, `${line} HTTP/1.1\r\n${headers}content-length: 2\r\nconnection: close\r\n\r\n{}`);
    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(reply.toLowerCase()).not.toContain('access-control-allow');
  });
});

describe('the secret', () => {
  test('is another one with each start, in a file of the port that its user alone can read, until the end', async () => {
    const stateDir = temporaryDir();
    const one = await serveFixture(FIXTURE, { stateDir });
    const other = await serveFixture(FIXTURE, { stateDir });
    const secrets = [one, other].map(({ gateway }) => {
      const { port, secret } = gateway.operator() ?? {};
      const path = join(stateDir, `operator-${port}.secret`);
      expect(readFileSync(path, 'utf8')).toBe(`${secret}\n`);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      return secret;
    });
    expect(new Set(secrets).size).toBe(2);
    await one.gateway.close();
    expect(readdirSync(stateDir)).toContain(`operator-${other.gateway.operator()?.port}.secret`);
    await other.gateway.close();
    expect(readdirSync(stateDir).filter((name) => name.endsWith('.secret'))).toEqual([]);
  });

  test('of another start opens nothing', async () => {
    const { port } = await serve();
    const client = clientOf(port, 'x'.repeat(43));
    const invoke = client.send(new InvokeCommand({ FunctionName: 'shop-operator', Payload: '{}' }));
    await expect(invoke).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });

  test('replaces what a killed run left, whoever could read that', () => {
    const stateDir = temporaryDir();
    const path = join(stateDir, 'operator-3010.secret');
    writeFileSync(path, 'old', { mode: 0o644 });
    const { value } = writeSecret(stateDir, 3010);
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([`${value}\n`, 0o600]);
  });
});

test('a busy port is told, or another one is taken where none was named', async () => {
  const api = async () => ({ status: 200, headers: [], body: Buffer.from('') });
  const usual = await serveOperator(() => api, 'usual');
  const next = await serveOperator(() => api, 'usual');
  onTestFinished(async () => {
    await usual.close();
    await next.close();
  });
  expect(next.port).not.toBe(DEFAULT_OPERATOR_PORT);
  await expect(serveOperator(() => api, next.port)).rejects.toMatchObject({
    code: 'port_busy',
    message: `port ${next.port} is in use: choose another one with --operator-port`,
  });
});
