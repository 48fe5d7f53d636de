import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { operatorName } from '../../bin/ops/operator-name.ts';
import { createInvokeApi } from '../../local/operator/invoke-api.ts';
import { writeSecret } from '../../local/operator/secret.ts';
import { serveOperator } from '../../local/operator/serve-operator.ts';
import { ISSUER_DIR } from '../e2e/support/assembly.ts';
import { eventually, type ServedGateway, serve } from '../e2e/support/gateway.ts';
import { temporaryDir } from '../local/support/assembly.ts';
import { freePort } from '../support/redis/redis.ts';
import { type Finished, runOps } from './support/run-ops.ts';

/** Hides what this machine knows of AWS. */
const BARE = {
  HOME: '/nonexistent',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** Where the gateways of the tests keep their secrets. */
const LOCAL = { TOLLGATE_STATE_DIR: ISSUER_DIR };

function ops(args: readonly string[], env: Readonly<Record<string, string>> = LOCAL): Promise<Finished> {
  const former = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  for (const name of former) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries({ ...BARE, ...env })) vi.stubEnv(name, value);
  return runOps(args);
}

afterEach(() => vi.unstubAllEnvs());

it('runs as the process of bin/ops.ts, with its streams and its exit code', async () => {
  const tsx = join(import.meta.dirname, '../../node_modules/.bin/tsx');
  const start = promisify(execFile);
  const script = join(import.meta.dirname, '../../bin/ops.ts');
  const [helped, refused] = await Promise.allSettled([start(tsx, [script, '--help']), start(tsx, [script, 'frob'])]);
  expect(helped).toMatchObject({ value: { stdout: (await ops(['--help'])).stdout, stderr: '' } });
  expect(refused).toMatchObject({ reason: await ops(['frob']) });
});

describe('the command', () => {
  let gateway: ServedGateway;
  let local: readonly string[];
  beforeAll(async () => {
    gateway = await serve();
    local = ['--local', String(gateway.running.operator()?.port)];
  }, 120_000);
  afterAll(() => gateway?.close());

  /** What the gateway of this machine answers to the command's last word. */
  async function told(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await ops([...args, ...local]);
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trimEnd();
  }

  async function statusOf(token: string): Promise<number> {
    return (await gateway.send('/api/users/42', { token })).status;
  }

  it('shuts out a subject with its next request, although its verdict is cached, and lets it in again', async () => {
    const [alice, bob] = await Promise.all([gateway.token('alice'), gateway.token('bob')]);
    expect([await statusOf(alice), await statusOf(bob)]).toEqual([200, 200]);

    expect(await told('revoke', 'sub:alice', '--reason', 'left the company')).toBe('sub:alice is revoked for good');
    expect([await statusOf(alice), await statusOf(bob)]).toEqual([401, 200]);
    expect(await told('show', 'sub:alice')).toMatch(
      /^sub:alice\n {2}revoked for good: left the company\n {2}last changed \d{4}-\d\d-\d\dT[\d:]+Z: left the company$/,
    );
    expect(await told('list', 'revoked')).toMatch(
      /^ID +WHAT +VALUE +UNTIL +REASON\nsub:alice +revoked +- +- +left the company$/,
    );
    expect(await told('list', 'limits')).toBe('nothing is in force');

    expect(await told('restore', 'sub:alice')).toBe('sub:alice is restored');
    expect(await statusOf(alice)).toBe(200);
    expect(await told('restore', 'sub:alice')).toBe('sub:alice was not revoked');
    expect(await told('list')).toBe('nothing is in force');
  });

  it('shuts out one token, or all of a tenant, until the revocation ends', async () => {
    const claims = { jti: 'token-1', tenant: 'acme' };
    const [one, other] = await Promise.all([
      gateway.token('carol', { claims }),
      gateway.token('carol', { claims: { jti: 'token-2' } }),
    ]);
    await told('revoke', 'token:token-1', '--reason', 'stolen', '--for', '1h');
    expect([await statusOf(one), await statusOf(other)]).toEqual([401, 200]);
    await told('restore', 'token:token-1');
    expect(await statusOf(one)).toBe(200);
    await told('revoke', 'tenant:acme', '--reason', 'has not paid');
    expect([await statusOf(one), await statusOf(other)]).toEqual([401, 200]);
    await told('restore', 'tenant:acme');
  });

  it('gives a subject a limit of its own with the next request, and takes it back', async () => {
    const token = await gateway.token('dave');
    const limit = async () => (await gateway.send('/api/users/42', { token })).headers['x-ratelimit-limit'];
    expect(await limit()).toBe('100');
    expect(await told('limit', 'sub:dave', 'client', '500', '--for', '1d')).toMatch(
      /^sub:dave has client 500 until [\dT:-]+Z$/,
    );
    expect(await limit()).toBe('500');
    const rules = JSON.parse(await told('list', '--json'));
    expect(rules).toMatchObject([{ id: 'sub:dave', limits: { client: { limit: 500 } }, revocation: null }]);
    expect(await told('limit', 'sub:dave', 'client', 'default')).toBe('sub:dave has client as the stack has it');
    expect(await limit()).toBe('100');
  });

  it('is obeyed again by a Redis that was flushed, once an instance has read the table', async () => {
    const [erin, frank] = await Promise.all([gateway.token('erin'), gateway.token('frank')]);
    await told('revoke', 'sub:erin', '--reason', 'x');
    const redis = new Redis(gateway.running.redis.url ?? '');
    await redis.flushall();
    redis.disconnect();
    await eventually(
      () => statusOf(erin),
      (status) => status === 401,
    );
    expect(await statusOf(frank)).toBe(200);
    await told('restore', 'sub:erin');
  });

  it('makes an API key, gives it another secret, and shuts both out with the next request', async () => {
    /** A command that prints a key alone, so that a shell can keep it, and tells of it beside that. */
    async function key(...args: readonly string[]): Promise<{ readonly secret: string; readonly about: string }> {
      const { code, stdout, stderr } = await ops(['keys', ...args, ...local]);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^tgk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\n$/)]);
      return { secret: stdout.trimEnd(), about: stderr };
    }
    const orders = async (secret: string) => (await gateway.send('/api/orders/42', { token: secret })).status;

    const made = await key('create', '--owner', 'billing', '--scopes', 'orders:read', '--for', '1d');
    const id = made.secret.slice(4, 16);
    expect(made.about).toMatch(
      new RegExp(`^key:${id} of billing is good until [\\dT:-]+Z: keep it now, it is not shown again\n$`),
    );
    expect(await orders(made.secret)).toBe(200);
    // Its route takes JWTs only.
    expect(await statusOf(made.secret)).toBe(401);
    expect(await told('keys', 'list')).toMatch(
      new RegExp(`^ID +OWNER .*\n${id} +billing +- +orders:read +\\d{4}-\\d\\d-\\d\\d +\\d{4}-\\d\\d-\\d\\d +good$`),
    );

    const rotated = await key('rotate', id, '--overlap', '1h');
    expect(rotated.about).toMatch(/\nits former secret is good until [\dT:-]+Z\n$/);
    expect([await orders(made.secret), await orders(rotated.secret)]).toEqual([200, 200]);
    expect(await ops(['keys', 'rotate', `key:${id}`, ...local])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`error: the key ${id} was rotated before, and its former secret is good until`),
    });

    expect(await told('revoke', `key:${id}`, '--reason', 'leaked')).toBe(`key:${id} is revoked for good`);
    expect([await orders(made.secret), await orders(rotated.secret)]).toEqual([401, 401]);
    expect(JSON.parse(await told('keys', 'list', '--json'))).toMatchObject([
      { id, prefix: `tgk_${id}_`, owner: 'billing', scopes: ['orders:read'], revokedUntilMs: 0 },
    ]);
    expect(JSON.stringify(gateway.events)).not.toContain(made.secret.slice(17, 60));
    expect(JSON.stringify(gateway.events)).not.toContain(rotated.secret.slice(17, 60));
  });

  it('leaves a line in the log of the function', async () => {
    const id = 'key:000000000000';
    expect(await ops(['revoke', id, '--reason', 'leaked', ...local])).toEqual({
      code: 0,
      stdout: `${id} is revoked for good\n`,
      stderr: 'note: no API key has this id: the rule is kept, and matches no request\n',
    });
    await gateway.until(() => gateway.lines().some((line) => line.label === 'operator' && line['id'] === id));
    expect(gateway.lines().filter((line) => line['id'] === id)).toMatchObject([
      { message: 'operation', action: 'revoke', reason: 'leaked', changed: true, pushed: true },
    ]);
  });

  describe('for circuits', () => {
    const BY = operatorName();
    const ISO = String.raw`\d{4}-\d\d-\d\dT[\d:]+Z`;

    /** What is told on standard output, and the note beside it. */
    async function circuit(...args: readonly string[]): Promise<readonly [string, string]> {
      const { code, stdout, stderr } = await ops(['circuit', ...args, ...local]);
      expect(code, stderr).toBe(0);
      return [stdout.trimEnd(), stderr.trimEnd()];
    }

    let clients = 0;
    /** Waits for what requests of a service are answered, once its instances have seen how its circuit stands. */
    async function becomes(wanted: number): Promise<void> {
      // Another one each time: it is asked often, and nobody is to reach a limit.
      clients += 1;
      const token = await gateway.token(`grace-${clients}`);
      await eventually(
        async () => (await gateway.send('/api/users/42', { token })).status,
        (status) => status === wanted,
      );
    }

    it('opens one for a time, tells who and why, and hands it back', async () => {
      expect(await circuit('list')).toEqual([
        expect.stringMatching(/^SERVICE +STATE +SINCE +UNTIL +WHO +WHY\n(?:[\w-]+ +closed +- +- +-\n?)+$/),
        '',
      ]);
      await becomes(200);
      expect(await circuit('open', 'users', '--reason', 'the provider moves', '--for', '10m')).toEqual([
        expect.stringMatching(
          new RegExp(`^users is held open by hand since ${ISO}: it moves by itself again from ${ISO} on$`),
        ),
        '',
      ]);
      await becomes(503);
      expect((await circuit('list'))[0]).toMatch(
        new RegExp(`\nusers +forced-open +${ISO} +${ISO} +${BY} +the provider moves`),
      );
      expect(await circuit('auto', 'users', '--reason', 'has moved')).toEqual([
        expect.stringMatching(new RegExp(`^users is open since ${ISO}: the next request is a probe$`)),
        '',
      ]);
      await becomes(200);
      const [shown] = await circuit('show', 'users');
      expect(shown).toMatch(/^users is [^\n]*\n(?: {2}[^\n]*\n)*\nWHEN +STATE +WHO +WHY\n/);
      expect(shown).toMatch(
        new RegExp(`\n${ISO} +open +${BY} +has moved\n${ISO} +forced-open +${BY} +the provider moves$`),
      );
    });

    it('closes one until it is handed back, which is done once', async () => {
      expect(await circuit('close', 'orders')).toEqual([
        expect.stringMatching(
          new RegExp(
            `^orders is held closed by hand since ${ISO}: it moves by itself again after circuit auto orders$`,
          ),
        ),
        '',
      ]);
      const released = JSON.parse((await circuit('auto', 'orders', '--json'))[0]);
      expect(released).toMatchObject({ service: 'orders', circuit: { state: 'closed', by: BY }, changed: true });
      expect(await circuit('auto', 'orders')).toEqual([
        expect.stringMatching(new RegExp(`^orders is closed since ${ISO}$`)),
        'note: no operator held it, so nothing was changed',
      ]);
      const listed = JSON.parse((await circuit('list', '--json'))[0]);
      expect(listed).toContainEqual({ service: 'orders', circuit: released.circuit, fault: null, shadow: false });
    });

    it('tells which service was meant of one that there is not, and exits with 1', async () => {
      expect(await ops(['circuit', 'show', 'user', ...local])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'error: a service must be one that has a circuit, got "user": write users\n',
      });
    });
  });

  it('tells what the gateway refuses, or that it has another name, and exits with 1', async () => {
    expect(await ops(['list', '--gateway', 'shop', ...local])).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: the gateway on port ${local[1]} has no function shop-operator: name it with --gateway (Function not found: shop-operator; this gateway's operators have Tollgate-dev-Gateway-operator)\n`,
    });
  });
});

describe('without a gateway', () => {
  it('exits with 2 and one line where it does not understand, and helps with 0', async () => {
    expect(await ops(['frob'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: [^\n]+\n$/),
    });
    expect(await ops(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('usage:'), stderr: '' });
  });

  it('says that npm start does not run', async () => {
    const port = await freePort();
    expect(await ops(['list', '--local', String(port)])).toMatchObject({
      code: 1,
      stderr: `error: no gateway of this checkout runs on port ${port}: run npm start, or give the port that it prints as --local PORT\n`,
    });
  });

  it('says that a gateway was killed, or that another checkout has its port', async () => {
    const [dir, port] = [temporaryDir(), await freePort()];
    const secret = writeSecret(dir, port);
    const list = () => ops(['list', '--local', String(port)], { TOLLGATE_STATE_DIR: dir });
    expect((await list()).stderr).toBe(
      `error: nothing listens on 127.0.0.1:${port}: run npm start, or give the port that it prints as --local PORT\n`,
    );
    const other = createInvokeApi({ functions: () => [], invoke: vi.fn(), secret: `${secret.value}x` });
    const server = await serveOperator(() => other, port);
    onTestFinished(() => server.close());
    expect((await list()).stderr).toBe(
      `error: the gateway on 127.0.0.1:${port} is not one of this checkout: run the command in the checkout that started it\n`,
    );
  });

  it.each([
    [[], 'error: no AWS region is set: give --region, set AWS_REGION, or ask the gateway of npm start with --local\n'],
    [['--region', 'us-east-1'], 'error: no AWS credentials were found: log in with the AWS CLI, or set AWS_PROFILE ('],
  ])('says what is missing to reach AWS %j', async (args, message) => {
    const { code, stderr } = await ops(['list', ...args]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe('what AWS answers', () => {
  const KEYS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-west-1' };

  /** Lambda, as far as it says that to every invocation. */
  async function lambda(status: number, headers: Readonly<Record<string, string>>, body: object): Promise<Finished> {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return ops(['list'], { ...KEYS, AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}` });
  }

  it.each([
    [
      404,
      'ResourceNotFoundException',
      'there is no function Tollgate-dev-Gateway-operator in eu-west-1: name the gateway with --gateway',
    ],
    [403, 'AccessDeniedException', 'AWS does not let you invoke Tollgate-dev-Gateway-operator: ask for lambda:Invoke'],
    [403, 'ExpiredTokenException', 'AWS does not accept the credentials: log in again (told)'],
    [400, 'InvalidParameterValueException', 'Tollgate-dev-Gateway-operator cannot be asked: InvalidParameterValue'],
  ])('is told with what to do: %i %s', async (status, type, message) => {
    const { code, stderr } = await lambda(status, { 'x-amzn-errortype': type }, { message: 'told' });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`error: ${message}`)]);
  });

  it('may be that the function failed', async () => {
    const body = { errorType: 'DecodeError', errorMessage: 'item.version must be an integer' };
    expect(await lambda(200, { 'x-amz-function-error': 'Unhandled' }, body)).toMatchObject({
      code: 1,
      stderr:
        'error: Tollgate-dev-Gateway-operator failed: DecodeError: item.version must be an integer: its log has more\n',
    });
  });

  it('may be that nothing was done', async () => {
    const failure = { ok: false, error: { code: 'conflict', message: 'changed by others' } };
    expect(await lambda(200, {}, failure)).toMatchObject({ code: 1, stderr: 'error: changed by others\n' });
  });

  it('may be lost: what can be done twice is asked for again, what makes a key is not', async () => {
    let asked = 0;
    const server = createServer((request) => {
      asked += 1;
      request.socket.destroy();
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const env = { ...KEYS, AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}` };
    expect(await ops(['keys', 'create', '--owner', 'billing'], env)).toMatchObject({ code: 1, stdout: '' });
    expect(asked).toBe(1);
    expect(await ops(['list'], env)).toMatchObject({ code: 1 });
    expect(asked).toBeGreaterThan(2);
  });

  it('may be that another function has that name', async () => {
    expect(await lambda(200, {}, { hello: 'world' })).toMatchObject({
      code: 1,
      stderr: 'error: result.ok must be a boolean, got undefined\n',
    });
  });
});
