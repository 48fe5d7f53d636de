import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ALGORITHMS } from '../../lambdas/contract/auth/authorizer-config.ts';
import { fixture } from './dashboard/fixture.ts';
import { temporaryDir, writeAssembly } from './support/assembly.ts';
import { AUTHORIZER, SERVICE } from './support/documents.ts';
import { startNode } from './support/process.ts';

const script = (name: string) => fileURLToPath(new URL(`../../local/${name}.ts`, import.meta.url));

function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return startNode([script('cli'), ...args], { ...process.env, TOLLGATE_STATE_DIR: temporaryDir(), ...env });
}

const OK = 'export const handler = async () => ({ isAuthorized: true, statusCode: 200, body: "fine" });';

function assembly(): string {
  return writeAssembly({
    functions: {
      Users: { code: OK, documents: { service: SERVICE } },
      Guard: { code: OK, documents: { authorizer: AUTHORIZER } },
      Health: { code: OK },
    },
    routes: {
      'ANY /api/users/{proxy+}': { function: 'Users', authorized: true },
      'GET /health': { function: 'Health' },
    },
    authorizer: { function: 'Guard' },
  });
}

async function busyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

test.each([
  ['a port that is none', ['--port', 'x'], '--port must be a number from 0 to 65535, got "x"'],
  ['a port out of range', ['--port', '70000'], '--port must be a number from 0 to 65535, got "70000"'],
  ['a negative port', ['--port', '-1'], '--port must be a number from 0 to 65535, got "-1"'],
  ['a port for operators that is none', ['--operator-port', '-1'], '--operator-port must be a number from 0 to 65535'],
  [
    'an option that npm took for its own',
    ['8088'],
    "Unexpected argument '8088': options go after `--`: npm start -- --port 8088",
  ],
  ['an option that is not known', ['--prot', '1'], "Unknown option '--prot'"],
  [
    'a host with a port',
    ['--host', 'api.test:3000'],
    '--host must be a name without a port, like api.test, got "api.test:3000"',
  ],
  [
    'an upstream without an address',
    ['--upstream', 'users'],
    '--upstream must look like users=http://localhost:4000, got "users"',
  ],
  [
    'an upstream that is no address',
    ['--upstream', 'users=nowhere'],
    '--upstream users must be an http or https address without a query, got "nowhere"',
  ],
  [
    'an upstream with a query',
    ['--upstream', 'users=http://a/?b'],
    '--upstream users must be an http or https address',
  ],
  [
    'an assembly that is not there',
    ['--assembly', '/nowhere', '--port', '0'],
    'no cloud assembly in /nowhere: it has no manifest.json',
  ],
])('%s is one line and exit code 1', async (_, args, message) => {
  const { code, stdout, stderr } = await cli(args).finished;
  expect(stderr).toContain(`error: ${message}`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect([code, stdout]).toEqual([1, '']);
});

test('a busy port is one line and exit code 1', async () => {
  const port = await busyPort();
  const { code, stderr } = await cli(['--assembly', assembly(), '--port', String(port)]).finished;
  expect([code, stderr]).toEqual([1, `error: port ${port} is in use: choose another one with --port\n`]);
});

test('a busy port for operators is one line and exit code 1', async () => {
  const port = String(await busyPort());
  const args = ['--assembly', assembly(), '--port', '0', '--operator-port', port];
  const { code, stderr } = await cli(args).finished;
  expect([code, stderr]).toEqual([1, `error: port ${port} is in use: choose another one with --operator-port\n`]);
});

test('operators are told how to reach their function, on the port that was free', async () => {
  const operator = { gateway: 'shop', namespace: 'Tollgate' };
  const dir = writeAssembly({ functions: { Operator: { code: OK, documents: { operator } } } });
  const started = cli(['--assembly', dir, '--port', '0', '--operator-port', '0']);
  await started.wrote('Ctrl-C ends everything.');
  started.process.kill('SIGTERM');
  const { stdout } = await started.finished;
  expect(stdout).toMatch(/^operators npx tsx bin\/ops\.ts list --gateway shop --local \d+$/m);
});

test('the address of the dashboard is told, on the same port', async () => {
  const dir = writeAssembly(fixture(OK));
  const started = cli(['--assembly', dir, '--port', '0', '--operator-port', '0']);
  await started.wrote('Ctrl-C ends everything.');
  started.process.kill('SIGTERM');
  const { stdout } = await started.finished;
  const [, port] = /^operators .* --local (\d+)$/m.exec(stdout) ?? [];
  expect(stdout).toContain(`\ndashboard http://127.0.0.1:${port}/dashboard\n`);
});

test('a service that the gateway does not have is one line and exit code 1', async () => {
  const { code, stderr } = await cli(['--assembly', assembly(), '--port', '0', '--upstream', 'nope=http://a']).finished;
  expect([code, stderr]).toEqual([1, 'error: --upstream names the service nope; the gateway has users\n']);
});

test('a Redis that does not answer is one line and exit code 1', async () => {
  const { code, stderr } = await cli(['--assembly', assembly(), '--port', '0'], { REDIS_URL: 'redis://127.0.0.1:1' })
    .finished;
  expect([code, stderr]).toEqual([1, 'error: no Redis answers at REDIS_URL redis://127.0.0.1:1: ECONNREFUSED\n']);
});

test('help is not an error', async () => {
  const { code, stdout } = await cli(['--help']).finished;
  expect([code, stdout]).toEqual([0, expect.stringContaining('usage: npm start')]);
});

test.each(['SIGINT', 'SIGTERM'] as const)('it says what it serves, and ends with code 0 on %s', async (signal) => {
  const started = cli(['--assembly', assembly(), '--port', '0', '--upstream', 'users=http://localhost:4000/base/']);
  await started.wrote('Ctrl-C ends everything.');
  started.process.kill(signal);
  const { code, stdout } = await started.finished;
  expect(code).toBe(0);
  expect(stdout).toMatch(/ANY +\/api\/users\/\{proxy\+\} +users +jwt +http:\/\/localhost:4000\/base\n/);
  expect(stdout).toMatch(/GET +\/health +- +none +-\n/);
  expect(stdout).toMatch(/Redis +redis-server at 127\.0\.0\.1:\d+/);
  expect(stdout.match(/curl /g)?.length).toBeGreaterThanOrEqual(4);
});

test('a token is printed without a running gateway, once one has run', async () => {
  const env = { ...process.env, TOLLGATE_STATE_DIR: temporaryDir() };
  const token = (...args: string[]) => startNode([script('token'), ...args], env).finished;
  expect(await token()).toMatchObject({ code: 1, stderr: 'error: no gateway has run here yet: run npm start first\n' });
  const gateway = cli(['--assembly', assembly(), '--port', '0'], env);
  await gateway.wrote('Ctrl-C ends everything.');
  gateway.process.kill('SIGTERM');
  await gateway.finished;
  const { stdout } = await token(
    '--sub',
    'bob',
    '--scope',
    'a b',
    '--claims',
    '{"roles":["admin"]}',
    '--expires-in',
    '-5',
  );
  expect(stdout.trim().split('.')).toHaveLength(3);
  const claims = JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({
    iss: 'https://auth.example.com',
    aud: 'api',
    sub: 'bob',
    scope: 'a b',
    roles: ['admin'],
  });
  expect(claims.exp).toBeLessThan(Date.now() / 1000);
  const kids = [
    await token('--alg', 'ES384'),
    await token('--alg', 'ES384', '--rotate'),
    await token('--alg', 'ES384'),
  ];
  const [first, second, third] = kids.map((one) => headerOf(one.stdout)['kid']);
  expect([second === first, third === second]).toEqual([false, true]);
  for (const [args, message] of [
    [['--claims', '[]'], '--claims must be a JSON object, got "[]"'],
    [['--expires-in', 'soon'], '--expires-in must be a whole number of seconds, got "soon"'],
    [['--alg', 'HS256'], `--alg must be one of ${ALGORITHMS.join(', ')}, got "HS256"`],
    [['--issuer', 'x'], '--issuer must be one of the gateway\'s (https://auth.example.com), got "x"'],
  ] as const) {
    expect(await token(...args)).toMatchObject({ code: 1, stdout: '', stderr: `error: ${message}\n` });
  }
});

function headerOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
}
