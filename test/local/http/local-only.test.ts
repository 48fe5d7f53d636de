import { expect, onTestFinished, test } from 'vitest';
import { startUpstream } from '../../../local/demo/demo-upstream.ts';
import { startIssuers } from '../../../local/demo/issuer.ts';
import { startDynamo } from '../../../local/stores/dynamo.ts';
import { type AssemblyFixture, temporaryDir } from '../support/assembly.ts';
import { serveFixture } from '../support/gateway.ts';
import { sendRaw } from '../support/raw.ts';

const OK = 'export const handler = async () => ({ statusCode: 200, body: "fine" });';
const FIXTURE: AssemblyFixture = {
  functions: { Ok: { code: OK }, Operator: { code: OK, documents: { operator: { gateway: 'shop' } } } },
  routes: { 'GET /there': { function: 'Ok' } },
};

function closing<T extends { close(): Promise<void>; readonly url: string }>(server: T): number {
  onTestFinished(() => server.close());
  return Number(new URL(server.url).port);
}

/** A path that each server answers, and its port. */
const SERVERS = {
  gateway: async () => ['/there', (await serveFixture(FIXTURE, { hosts: ['api.test'] })).gateway.port] as const,
  operators: async () => ['/dashboard', (await serveFixture(FIXTURE)).gateway.operator()?.port ?? 0] as const,
  DynamoDB: async () => ['/', closing(await startDynamo())] as const,
  issuer: async () => ['/a/jwks.json', closing(await startIssuers(temporaryDir(), () => ['ES256']))] as const,
  upstream: async () => ['/', closing(await startUpstream('users'))] as const,
};
const NAMES = Object.keys(SERVERS) as (keyof typeof SERVERS)[];

async function statusOf(name: keyof typeof SERVERS, headers: (port: number) => readonly string[]): Promise<string> {
  const [path, port] = await SERVERS[name]();
  const head = [`GET ${path} HTTP/1.1`, ...headers(port), 'connection: close'];
  const reply = await sendRaw(port, `${head.join('\r\n')}\r\n\r\n`);
  const [, status = reply] = /^HTTP\/1\.1 (\d+)/.exec(reply) ?? [];
  if (status === '403') expect(reply).not.toMatch(/access-control-allow/i);
  return status;
}

const hostOf = (host: string) => (port: number) => [`host: ${host}:${port}`];
const fromPage = (origin: (port: number) => string) => (port: number) => [
  `host: localhost:${port}`,
  `origin: ${origin(port)}`,
];

test.each(NAMES)('%s is there under the names of this machine', async (name) => {
  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
    expect([host, await statusOf(name, hostOf(host))]).toEqual([host, '200']);
  }
});

test.each(NAMES)('%s is not there under another name, as DNS rebinding gives it', async (name) => {
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.2', '']) {
    expect([host, await statusOf(name, hostOf(host))]).toEqual([host, '403']);
  }
});

test.each(['operators', 'DynamoDB', 'issuer'] as const)('%s answers no page of another site', async (name) => {
  for (const origin of ['https://evil.example', 'http://localhost:1', 'null']) {
    expect([
      origin,
      await statusOf(
        name,
        fromPage(() => origin),
      ),
    ]).toEqual([origin, '403']);
  }
  expect(
    await statusOf(
      name,
      fromPage((port) => `http://localhost:${port}`),
    ),
  ).toBe('200');
});

test.each(['gateway', 'upstream'] as const)('%s answers pages of any site, as an API does', async (name) => {
  expect(
    await statusOf(
      name,
      fromPage(() => 'https://app.example'),
    ),
  ).toBe('200');
});

test('DynamoDB answers the preflight of no other site', async () => {
  const [, port] = await SERVERS.DynamoDB();
  const head = `OPTIONS / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\norigin: https://evil.example`;
  const reply = await sendRaw(port, `${head}\r\naccess-control-request-method: POST\r\nconnection: close\r\n\r\n`);
  expect(reply).toMatch(/^HTTP\/1\.1 403 /);
  expect(reply).not.toMatch(/access-control/i);
});

test('the gateway has the further names that it was given, and its refusal says how', async () => {
  expect(await statusOf('gateway', hostOf('api.test'))).toBe('200');
  const { gateway } = await serveFixture(FIXTURE);
  const reply = await sendRaw(gateway.port, 'GET /there HTTP/1.1\r\nhost: api.test\r\nconnection: close\r\n\r\n');
  const message = 'Host must be 127.0.0.1, localhost or [::1], got "api.test": npm start -- --host NAME adds a name';
  expect(JSON.parse(reply.split('\r\n\r\n')[1] ?? '')).toEqual({ message });
});
