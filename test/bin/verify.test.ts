import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { KeysResult } from '../../lambdas/contract/operations/key-operations.ts';
import { ISSUER_DIR } from '../e2e/support/assembly.ts';
import { type ServedGateway, serve } from '../e2e/support/gateway.ts';
import { operate } from '../e2e/support/operator.ts';
import { whileRedisAnswers } from '../e2e/support/redis-answers.ts';
import {
  breakAnswers,
  type Fault,
  oneTooMany,
  refusedPreflights,
  sharedVerdicts,
  withoutChallenge,
} from '../support/circuit/breaking-proxy.ts';
import { runOps } from './support/run-ops.ts';

const PROJECT_ROOT = join(import.meta.dirname, '../..');

let gateway: ServedGateway;
let local: readonly string[];
beforeAll(async () => {
  // Where the gateways of the tests keep their secrets.
  vi.stubEnv('TOLLGATE_STATE_DIR', ISSUER_DIR);
  gateway = await serve();
  local = ['--local', String(gateway.running.operator()?.port)];
}, 120_000);
// Each run presents some credentials that are refused, and an address may do so 30 times a minute.
beforeEach(async () => {
  const redis = new Redis(gateway.running.redis.url ?? '');
  await redis.flushall();
  redis.disconnect();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway?.close();
});

async function verify(...args: readonly string[]) {
  const { code, stdout, stderr } = await runOps(['verify', ...local, ...args]);
  return { code, out: stdout.trimEnd(), told: stderr.trimEnd().split('\n') };
}

/** What `--json` says of each check. */
async function findings(url: string, ...args: readonly string[]) {
  const { code, out } = await verify('--url', url, '--json', ...args);
  const rows = JSON.parse(out) as readonly { readonly check: string; readonly result: string }[];
  return { code, out, of: (result: string) => rows.filter((row) => row.result === result).map(({ check }) => check) };
}

async function broken(...faults: readonly Fault[]) {
  const proxy = await breakAnswers(gateway.running.url, faults);
  onTestFinished(() => proxy.stop());
  return findings(proxy.url);
}

async function keysThatAreGood(): Promise<readonly string[]> {
  const result = (await operate(gateway.running, { action: 'list-keys', after: null })) as KeysResult;
  return result.keys.filter(({ revokedUntilMs }) => revokedUntilMs === null).map(({ id }) => id);
}

const IMITATED = [
  '401 challenge',
  '401 without a credential',
  'preflight',
  'header limit',
  'body limits',
  'path readings',
  'verdict cache by route',
  'rate limit',
];

describe('verify', () => {
  it('prints a table in which all holds that the local run imitates, and leaves no key behind', async () => {
    const { code, out, told } = await whileRedisAnswers(gateway, () => verify('--url', gateway.running.url));
    expect(out).toMatch(/^CHECK +RESULT +SEEN\n401 challenge +holds +401 invalid_token with WWW-Authenticate /);
    expect(out).toMatch(/^metrics in CloudWatch +not tried +the local run does not imitate CloudWatch/m);
    expect(out).toMatch(/\n\n8 hold, 0 differ, 5 not tried$/);
    expect(told).toContain('trying: rate limit');
    expect(code).toBe(0);
    expect(await keysThatAreGood()).toEqual([]);
  });

  it('says what differs in a gateway that is broken in three ways, with exit code 1', async () => {
    const { code, of, out } = await whileRedisAnswers(gateway, () =>
      broken(withoutChallenge, refusedPreflights, oneTooMany()),
    );
    expect(of('differs')).toEqual(['401 challenge', 'preflight', 'rate limit']);
    expect(out).toContain('do not restore it');
    expect(out).toContain('101 passed');
    expect(code).toBe(1);
  });

  it('sees a verdict of one route that answers for another', async () => {
    const { of } = await whileRedisAnswers(gateway, () => broken(sharedVerdicts()));
    expect(of('differs')).toEqual(['verdict cache by route']);
  });

  it('takes a token where the service takes no API keys', async () => {
    onTestFinished(() => {
      delete process.env['VERIFY_TOKEN'];
    });
    const { code, of, out } = await whileRedisAnswers(gateway, async (index) => {
      process.env['VERIFY_TOKEN'] = await gateway.token(`verifier-${index}`);
      return findings(gateway.running.url, '--service', 'users', '--token-env', 'VERIFY_TOKEN');
    });
    expect(of('holds'), out).toEqual(IMITATED.filter((name) => name !== 'verdict cache by route'));
    expect(out).toContain('the service takes no API keys');
    for (const token of gateway.tokens) expect(out).not.toContain(token);
    expect(code).toBe(0);
  });

  it('needs no upstream: what cannot be forwarded is counted as well', async () => {
    const dark = await serve({ upstreams: { orders: 'http://127.0.0.1:1' } });
    onTestFinished(() => dark.close());
    const operator = ['--local', String(dark.running.operator()?.port)];
    const { code, of, out } = await whileRedisAnswers(dark, () => findings(dark.running.url, ...operator));
    expect(of('holds'), out).toEqual(IMITATED.filter((name) => name !== 'path readings'));
    expect(code).toBe(0);
  });

  it('says why it cannot try, where the credential is not taken', async () => {
    const { code, of, out } = await findings(gateway.running.url, '--service', 'users');
    expect(of('not tried')).toEqual(expect.arrayContaining(['path readings', 'verdict cache by route', 'rate limit']));
    expect(out).toContain('give a token with --token-env');
    expect(code).toBe(0);
  });

  it.each([
    ['where nothing answers', 'http://127.0.0.1:1', /^error: nothing answers at --url \(ECONNREFUSED\): give --url/],
    ['where no gateway is', 'OPERATOR', /^error: GET \/health at --url must be 200, got 404/],
  ])('ends at once %s', async (_, url, message) => {
    const operator = `http://127.0.0.1:${gateway.running.operator()?.port}`;
    const { code, out, told } = await verify('--url', url === 'OPERATOR' ? operator : url);
    expect([code, out]).toEqual([1, '']);
    expect(told).toEqual([expect.stringMatching(message)]);
  });

  it('revokes its keys when it is interrupted', async () => {
    const tsx = join(PROJECT_ROOT, 'node_modules/.bin/tsx');
    const args = ['bin/ops.ts', 'verify', '--url', gateway.running.url, ...local];
    const command = spawn(tsx, args, { cwd: PROJECT_ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    command.stdout.on('data', (chunk) => {
      out += chunk;
    });
    for await (const chunk of command.stderr) {
      if (String(chunk).includes('trying: rate limit')) command.kill('SIGINT');
    }
    if (command.exitCode === null) await once(command, 'exit');
    expect(out).toMatch(/^metrics in CloudWatch +not tried +interrupted$/m);
    expect(command.exitCode).toBe(1);
    expect(await keysThatAreGood()).toEqual([]);
  });
});
