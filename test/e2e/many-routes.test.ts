import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FoundationStack } from '../../lib/foundation-stack.ts';
import { Auth } from '../../lib/gateway/auth/auth.ts';
import { Gateway } from '../../lib/gateway/gateway.ts';
import { RateLimit } from '../../lib/gateway/limits/rate-limit.ts';
import { authorizerDocument, proxyDocument } from '../lib/support/documents.ts';
import { CONTEXT } from '../lib/support/stacks.ts';
import { decodeAuthorizerConfig, decodeServicePolicy } from '../support/documents.ts';
import { type ServedGateway, serve, statuses, tally, times } from './support/gateway.ts';

const ROUTES = 100;

let app: App;
let gateway: ServedGateway;
beforeAll(async () => {
  app = synthesized();
  gateway = await serve({ assemblyDir: app.outdir });
});
afterAll(async () => {
  await gateway.close();
  rmSync(app.outdir, { recursive: true, force: true });
});

/** A service with many routes, each with a scope and a limit of its own, and an issuer that only the deployment knows. */
function synthesized(): App {
  const { 'aws:cdk:bundling-stacks': _, ...flags } = CONTEXT;
  const context = { ...flags, 'aws:cdk:enable-asset-metadata': true };
  const outdir = mkdtempSync(join(tmpdir(), 'tollgate-many-'));
  const many = new App({ outdir, context, autoSynth: false });
  const foundation = new FoundationStack(many, 'Foundation');
  const users = new Stack(many, 'Users');
  const issuer = new CfnParameter(users, 'Issuer', { default: 'https://auth.example.com' }).valueAsString;
  const edge = new Gateway(new Stack(many, 'Edge'), 'Gateway', {
    foundation,
    jwt: { issuer, audience: 'api' },
    corsOrigins: ['https://app.example.com'],
  });
  const service = edge.addService('many', { prefix: '/api/many', upstream: 'http://many' });
  for (let n = 0; n < ROUTES; n += 1) {
    service.addRoute(`GET /r${n}`, {
      auth: Auth.jwt({ scopes: [`many:r${n}`] }),
      rateLimit: [
        RateLimit.perClient(n + 1, Duration.minutes(1)),
        RateLimit.perIp(10_000, Duration.minutes(1), { name: `ip-${n}` }),
      ],
    });
  }
  many.synth();
  return many;
}

test('a service of 100 routes with scopes and limits of their own is synthesized, and its documents have them all', () => {
  const policy = decodeServicePolicy(proxyDocument(app, 'many'));
  expect(Object.keys(policy.routes)).toHaveLength(ROUTES);
  expect(policy.routes['GET /api/many/r42']).toMatchObject({
    auth: { accepts: [{ scopes: ['many:r42'] }] },
    limits: [{ limit: 43 }, { name: 'ip-42' }],
  });
  const config = decodeAuthorizerConfig(authorizerDocument(app));
  expect(Object.keys(config.routes)).toHaveLength(ROUTES);
  expect(new Set(Object.values(config.routes)).size).toBe(ROUTES);
});

test('each of them answers by its own policy', async () => {
  const token = await gateway.token('alice', { scope: 'many:r2 many:r99' });
  const answers = await times(4, () => gateway.send('/api/many/r2', { token }));
  expect(tally(answers)).toEqual({ 200: 3, 429: 1 });
  expect((await gateway.send('/api/many/r99', { token })).headers['x-ratelimit-limit']).toBe('100');
  const refused = await gateway.send('/api/many/r3', { token });
  expect([refused.status, refused.json().detail]).toEqual([403, 'this route needs the scope many:r3']);
  expect(statuses([await gateway.send('/api/many/r2')])).toEqual([401]);
});

test('the issuer is the one that the deployment knows', () => {
  expect(JSON.parse(authorizerDocument(app)).issuers[0].issuer).toMatch(/^\$\{TOLLGATE_VALUE_/);
  expect(gateway.running.issuers().map(({ issuer }) => issuer)).toEqual(['https://auth.example.com']);
});
