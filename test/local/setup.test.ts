import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDir } from './support/assembly.ts';
import { startNode } from './support/process.ts';

const SETUP = fileURLToPath(new URL('../../local/setup.mjs', import.meta.url));

const PINNED_NODE = `node_modules/node-${process.platform}-${process.arch}`;

// Writes its arguments down and installs what the lock file asks for, or fails when a file says so.
const NPM = `#!/bin/sh
echo "$@" >> npm.log
if [ -e npm.fails ]; then echo 'npm error the registry is down' >&2; exit 1; fi
if [ -e npm.waits ]; then
  trap 'sleep 0.3; echo ended >> npm.log; exit 130' INT TERM
  echo waiting >> npm.log
  while :; do sleep 0.05; done
fi
sleep 0.2
mkdir -p ${PINNED_NODE}/bin && ln -sf '${process.execPath}' ${PINNED_NODE}/bin/node
cp package-lock.json node_modules/.package-lock.json
`;

const OLD_NODE = '#!/bin/sh\necho v20.20.2\n';

/** A checkout with a lock file and an npm of its own; nothing else is on the search path. */
function checkout() {
  const dir = temporaryDir();
  for (const name of ['local', 'bin']) mkdirSync(join(dir, name));
  copyFileSync(SETUP, join(dir, 'local', 'setup.mjs'));
  writeFileSync(join(dir, 'bin', 'npm'), NPM);
  chmodSync(join(dir, 'bin', 'npm'), 0o755);
  for (const name of ['sh', 'mkdir', 'ln', 'cp', 'sleep']) symlinkSync(`/bin/${name}`, join(dir, 'bin', name));
  const lock = (version: string) => {
    const packages = { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version: '1.0.0', optional: true } };
    writeFileSync(join(dir, 'package-lock.json'), JSON.stringify({ packages }));
  };
  lock('1.0.0');
  const start = (...args: string[]) =>
    startNode([join(dir, 'local', 'setup.mjs'), ...args], { PATH: join(dir, 'bin') });
  return {
    dir,
    lock,
    start,
    setup: (...args: string[]) => start(...args).finished,
    installs: () =>
      existsSync(join(dir, 'npm.log')) ? readFileSync(join(dir, 'npm.log'), 'utf8').trim().split('\n') : [],
  };
}

test('it installs where nothing is installed, says so on standard error, and then not again', async () => {
  const { setup, installs } = checkout();
  const { code, stdout, stderr } = await setup();
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('installing packages: done');
  expect(await setup()).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(installs()).toEqual(['ci --include=dev --include=optional --no-audit --no-fund --loglevel=error']);
});

test('it links the pinned Node.js, also where npm left no link or one to a Node.js that is too old', async () => {
  const { dir, setup } = checkout();
  const link = join(dir, 'node_modules', '.bin', 'node');
  await setup();
  expect(readlinkSync(link)).toBe(join(dir, PINNED_NODE, 'bin', 'node'));
  rmSync(link);
  writeFileSync(link, OLD_NODE, { mode: 0o755 });
  expect((await setup()).code).toBe(0);
  expect(readlinkSync(link)).toBe(join(dir, PINNED_NODE, 'bin', 'node'));
});

test('where no package holds a Node.js that runs, the one that runs the script takes its place', async () => {
  const { dir, setup } = checkout();
  await setup();
  for (const path of [PINNED_NODE, 'node_modules/.bin']) rmSync(join(dir, path), { recursive: true });
  expect((await setup()).code).toBe(0);
  expect(readlinkSync(join(dir, 'node_modules', '.bin', 'node'))).toBe(process.execPath);
});

test('it installs again where somebody left out the pinned Node.js', async () => {
  const { dir, setup, installs } = checkout();
  mkdirSync(join(dir, 'node_modules'));
  const lock = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8'));
  lock.packages[PINNED_NODE] = { version: '24.0.0', optional: true };
  writeFileSync(join(dir, 'package-lock.json'), JSON.stringify(lock));
  writeFileSync(
    join(dir, 'node_modules', '.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
  );
  expect((await setup()).code).toBe(0);
  expect(installs()).toHaveLength(1);
});

test('it installs again when the lock file has changed', async () => {
  const { setup, installs, lock } = checkout();
  await setup();
  lock('2.0.0');
  expect((await setup()).code).toBe(0);
  expect(installs()).toHaveLength(2);
});

test('what somebody installed themselves stays when it is what the lock file asks for', async () => {
  const { dir, setup, installs } = checkout();
  mkdirSync(join(dir, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(process.execPath, join(dir, 'node_modules', '.bin', 'node'));
  const packages = { 'node_modules/a': { version: '1.0.0' } };
  writeFileSync(join(dir, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
  expect((await setup()).code).toBe(0);
  expect(installs()).toEqual([]);
});

test('two at once install once', async () => {
  const { setup, installs } = checkout();
  const results = await Promise.all([setup(), setup(), setup()]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(installs()).toHaveLength(1);
});

test('a lock that a dead process left is taken over', async () => {
  const { dir, setup } = checkout();
  mkdirSync(join(dir, '.tollgate'));
  const dead = startNode(['-e', '']);
  await dead.finished;
  writeFileSync(join(dir, '.tollgate', 'setup.lock'), String(dead.process.pid));
  expect((await setup()).code).toBe(0);
  expect(existsSync(join(dir, '.tollgate', 'setup.lock'))).toBe(false);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'on %s it waits for npm to end before another set-up may start',
  async (signal) => {
    const { dir, start, setup, installs } = checkout();
    writeFileSync(join(dir, 'npm.waits'), '');
    const started = start();
    while (!installs().includes('waiting')) await new Promise((resolve) => setTimeout(resolve, 20));
    started.process.kill(signal);
    const { code, stderr } = await started.finished;
    expect(code).toBe(130);
    expect(stderr).toContain('installing packages: interrupted after');
    expect(installs().at(-1)).toBe('ended');
    expect(existsSync(join(dir, '.tollgate', 'setup.lock'))).toBe(false);
    rmSync(join(dir, 'npm.waits'));
    expect((await setup()).code).toBe(0);
  },
);

test('when npm fails, its words are shown and the next run tries again', async () => {
  const { dir, setup, installs } = checkout();
  writeFileSync(join(dir, 'npm.fails'), '');
  const { code, stderr } = await setup();
  expect(code).toBe(1);
  expect(stderr).toContain('error: npm ci failed\nnpm error the registry is down');
  await setup();
  expect(installs()).toHaveLength(2);
});

test.each([
  ['--redis', 'redis-server'],
  ['--browser', 'chromium'],
])('without the program of %s and a way to install it, it says how', async (option, program) => {
  const { setup } = checkout();
  const { code, stderr } = await setup(option);
  expect(code).toBe(1);
  expect(stderr).toContain(`error: ${program} is missing: install it (Debian`);
});

test.each(['chromium', 'chromium-browser', 'google-chrome'])('it is content with a browser called %s', async (name) => {
  const { dir, setup } = checkout();
  symlinkSync('/bin/true', join(dir, 'bin', name));
  expect((await setup('--browser')).code).toBe(0);
});

// Installs by making the program; it must not ask questions, and the lists come first.
const APT = `#!/bin/sh
echo "$DEBIAN_FRONTEND $@" >> apt.log
case "$*" in *install*) for name; do :; done; ln -s /bin/true "bin/$name";; esac
`;

test.runIf(process.getuid?.() === 0)('root with apt-get gets redis-server and chromium installed', async () => {
  const { dir, setup } = checkout();
  writeFileSync(join(dir, 'bin', 'apt-get'), APT);
  chmodSync(join(dir, 'bin', 'apt-get'), 0o755);
  const { code, stdout, stderr } = await setup('--redis', '--browser');
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('installing redis-server: done');
  expect(stderr).toContain('installing chromium: done');
  expect(readFileSync(join(dir, 'apt.log'), 'utf8').match(/^noninteractive.*$/gm)).toEqual([
    'noninteractive -qq update',
    'noninteractive -qq install --yes --no-install-recommends redis-server',
    'noninteractive -qq update',
    'noninteractive -qq install --yes --no-install-recommends chromium',
  ]);
});
