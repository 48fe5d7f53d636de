import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runCli, runToken } from '../local/support/commands.ts';
import { freePort } from '../support/redis/redis.ts';
import { serveTcp } from '../support/upstreams/upstream.ts';
import { PROJECT, synthesizedApp } from './support/assembly.ts';
import { eventually } from './support/gateway.ts';
import { send } from './support/http.ts';

let assembly: string;
let stateDir: string;
beforeAll(async () => {
  assembly = await synthesizedApp();
  stateDir = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
});
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

type Child = ChildProcessByStdio<null, Readable, Readable>;
type Environment = Readonly<Record<string, string>>;

function start(args: readonly string[], environment: Environment = {}): Child {
  const { REDIS_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(PROJECT.dir, 'local/cli.ts'), ...args], {
    cwd: PROJECT.dir,
    env: { ...inherited, TOLLGATE_STATE_DIR: stateDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Runs the process of `npm start`'s command to its end. */
async function runProcess(...call: Parameters<typeof start>) {
  const child = start(...call);
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** Runs it in the test's process; what it serves ends with the test. A later option replaces an earlier one. */
function cli(args: readonly string[], environment: Environment = {}) {
  const defaults = ['--assembly', assembly, '--port', '0', '--operator-port', '0'];
  return runCli([...defaults, ...args], { TOLLGATE_STATE_DIR: stateDir, ...environment });
}

/** Serves in the test's process. */
async function serveCli(...call: Parameters<typeof cli>) {
  const { code, stdout, stderr } = await cli(...call);
  expect(code, stderr).toBe(0);
  return { url: urlIn(stdout), output: stdout };
}

function urlIn(output: string): string {
  const [, url = ''] = /on (http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? [];
  return url;
}

interface Started {
  readonly child: Child;
  readonly url: string;
  readonly redisPid: number;
  /** All that it has printed so far. */
  output(): string;
}

/** Starts the process of `npm start`'s command and waits until it has shown its page. */
async function startCli(args: readonly string[] = []): Promise<Started> {
  const child = start(['--assembly', assembly, '--port', '0', ...args]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (part) => (output += part));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => output.includes('Ctrl-C ends everything') && resolve());
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${output}`)));
  });
  const [, pid] = /redis-server at 127\.0\.0\.1:\d+, process (\d+)/.exec(output) ?? [];
  return { child, url: urlIn(output), redisPid: Number(pid), output: () => output };
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('what npm start cannot do is told in one line, with exit code 1', () => {
  const refused = (message: RegExp) => ({ code: 1, stdout: '', stderr: expect.stringMatching(message) });

  test('a wrong port', async () => {
    const result = await cli(['--port', '65536']);
    expect(result).toEqual(refused(/^error: --port must be a number from 0 to 65535, got "65536"\n$/));
  });

  test('a busy port', async () => {
    const busy = await serveTcp(() => undefined);
    onTestFinished(() => busy.stop());
    const result = await cli(['--port', String(busy.port)]);
    expect(result).toEqual(refused(/^error: port \d+ is in use: .*--port\n$/));
  });

  test('a missing assembly', async () => {
    const result = await cli(['--assembly', join(stateDir, 'nowhere')]);
    expect(result).toEqual(refused(/^error: .*nowhere.*\n$/));
  });

  test('a Redis that does not answer; the password is not told', async () => {
    const REDIS_URL = `redis://user:hunter2@127.0.0.1:${await freePort()}`;
    const result = await runProcess(['--assembly', assembly, '--port', '0'], { REDIS_URL });
    expect(result).toEqual(refused(/^error: no Redis answers at REDIS_URL .*ECONNREFUSED\n$/));
    expect(result.stderr).not.toContain('hunter2');
  });
});

describe('npm start', () => {
  test('shows the address, the routes, the stores and what to try', async () => {
    const { url, output } = await serveCli([]);
    expect(output).toMatch(/ANY +\/api\/users\/\{proxy\+\} +users +jwt/);
    expect(output).toMatch(/POST +\/api\/payments\/refunds +payments +jwt \(payments:refund\)/);
    expect(output).toMatch(/GET +\/health/);
    expect(output).toMatch(/DynamoDB +dynalite/);
    expect(output.match(/curl -/g)?.length).toBeGreaterThanOrEqual(5);
    expect((await send(url, '/health')).status).toBe(200);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s with all that it started, and exits with 0', async (signal) => {
    const { child, url, redisPid } = await startCli();
    expect(runs(redisPid)).toBe(true);
    const slow = send(url, '/api/products/delay/3000').catch(() => undefined);
    expect((await send(url, '/api/products/42')).status).toBe(200);
    const exited = once(child, 'exit');
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    await slow;
    await eventually(
      async () => runs(redisPid),
      (running) => !running,
    );
    await expect(send(url, '/health')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('ends once on a Ctrl-C that reaches it twice, from the terminal and from npm: the operators’ secret is gone', async () => {
    const { child, output } = await startCli(['--operator-port', '0']);
    const [, port] = /--local (\d+)/.exec(output()) ?? [];
    const secret = join(stateDir, `operator-${port}.secret`);
    expect(existsSync(secret)).toBe(true);
    const exited = once(child, 'exit');
    // Two of one kind would become one on their way.
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(existsSync(secret)).toBe(false);
  });

  test('killed outright leaves no redis-server behind', async () => {
    const { child, redisPid } = await startCli();
    child.kill('SIGKILL');
    await eventually(
      async () => runs(redisPid),
      (running) => !running,
    );
  });

  test('sends the requests of a service to the server that --upstream names', async () => {
    const own = await serveTcp((socket) => socket.end('HTTP/1.1 418 Own\r\ncontent-length: 0\r\n\r\n'));
    onTestFinished(() => own.stop());
    const { url } = await serveCli(['--upstream', `products=${own.url}`]);
    expect((await send(url, '/api/products/42')).status).toBe(418);
  });

  test('counts in the Redis that REDIS_URL names', async () => {
    const other = await serveCli([]);
    const [, port] = /127\.0\.0\.1:(\d+), process/.exec(other.output) ?? [];
    const { url, output } = await serveCli([], { REDIS_URL: `redis://127.0.0.1:${port}` });
    expect(output).toMatch(new RegExp(`Redis +Redis at redis://127.0.0.1:${port}`));
    const remaining = async (address: string) =>
      (await send(address, '/api/products/42')).headers['x-ratelimit-remaining'];
    expect([await remaining(url), await remaining(other.url)]).toEqual(['99', '98']);
  });
});

describe('npm run token', () => {
  async function token(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runToken(args, { TOLLGATE_STATE_DIR: stateDir });
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trim();
  }

  test('prints tokens that the gateway accepts, with what the options say; a negative lifetime is an expired one', async () => {
    const served = await serveCli([]);
    const [plain, rich, expired] = await Promise.all([
      token(),
      token('--sub', 'bob', '--scope', 'read payments:refund', '--claims', '{"roles":["admin"]}', '--alg', 'ES256'),
      token('--sub', 'alice', '--expires-in', '-60'),
    ]);
    const echo = (await send(served.url, '/api/users/42', { token: plain })).json();
    expect(echo.headers).toMatchObject({ 'x-user-id': 'alice' });

    const refund = await send(served.url, '/api/payments/refunds', { method: 'POST', token: rich ?? '' });
    expect(refund.status).toBe(200);
    expect(refund.json().headers).toMatchObject({ 'x-user-id': 'bob', 'x-user-roles': '["admin"]' });

    const refused = await send(served.url, '/api/users/42', { token: expired ?? '' });
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token".*expired/);
  });
});
