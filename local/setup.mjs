// Makes a fresh clone ready to run. Plain JavaScript for any Node.js: nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
/** The project itself runs on the Node.js in node_modules, whose checksum is in package-lock.json. */
const OLDEST_RUNTIME = 24;
const PINNED_NODE = `node_modules/node-${process.platform}-${process.arch}`;
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.tollgate-setup');
const LOCK = join(ROOT, '.tollgate', 'setup.lock');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** System programs that tests need; one of each list is enough. Debian's package has the first one's name. */
const REDIS = {
  programs: ['redis-server', 'valkey-server'],
  byHand:
    'Debian, Ubuntu: sudo apt-get install redis-server; Fedora: sudo dnf install valkey; macOS: brew install redis',
};
const BROWSER = {
  programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  byHand:
    'Debian: sudo apt-get install chromium; Ubuntu: sudo snap install chromium; Fedora: sudo dnf install chromium; or Google Chrome, whose google-chrome must be on the search path',
};

class SetupError extends Error {}

try {
  checkNode();
  if (!isFresh()) await withLock(install);
  ensureRuntime();
  if (process.argv.includes('--redis')) await ensure(REDIS);
  if (process.argv.includes('--browser')) await ensure(BROWSER);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(`error: ${error.message}`);
  process.exitCode = 1;
}

function checkNode() {
  if (majorOf(process.version) >= OLDEST_NODE) return;
  throw new SetupError(
    `Node.js ${OLDEST_NODE} or newer is needed, this is ${process.versions.node} (https://nodejs.org)`,
  );
}

/** True if node_modules matches package-lock.json. */
function isFresh() {
  if (read(STAMP) === lockHash()) return true;
  if (!holdsLockedVersions()) return false;
  // The user ran npm, and the installed packages are right: they stay.
  writeFileSync(STAMP, lockHash());
  return true;
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
}

/** Compares npm's record of the installed packages with the lock file; packages for other platforms may be absent. */
function holdsLockedVersions() {
  const installed = read(join(MODULES, '.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(installed).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return present[path] ? present[path].version === version : optional === true && path !== PINNED_NODE;
  });
}

/** Runs `work` in at most one process at a time. */
async function withLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  let said = false;
  while (!takeLock()) {
    if (!said) say('another set-up is under way, waiting for it');
    said = true;
    await sleep(200);
  }
  const release = () => rmSync(LOCK, { force: true });
  process.once('exit', release);
  try {
    if (!isFresh()) await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function takeLock() {
  try {
    writeSync(openSync(LOCK, 'wx'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holder = Number(read(LOCK));
    // An empty file is a lock that another process is writing.
    if (holder > 0 && !isAlive(holder) && Number(read(LOCK)) === holder) rmSync(LOCK, { force: true });
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function install() {
  const [program, ...first] = npmCommand();
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await runWithProgress('installing packages', program, [...first, ...args]);
  if (code !== 0) throw new SetupError(`npm ci failed\n${output.trim()}`);
  writeFileSync(STAMP, lockHash());
}

/** The npm that runs this script, or the one on the search path. */
function npmCommand() {
  const path = process.env.npm_execpath;
  return path && /npm-cli\.c?js$/.test(path) ? [process.execPath, path] : ['npm'];
}

function runtime() {
  return join(MODULES, '.bin', 'node');
}

/**
 * npm 10 removes this link together with the packages for other platforms. No package is pinned for macOS, and none
 * runs on musl: there the Node.js that runs this script is used.
 */
function ensureRuntime() {
  if (canRunProject(runtime())) return;
  const program = [join(ROOT, PINNED_NODE, 'bin', 'node'), process.execPath].find(canRunProject);
  if (program === undefined) {
    throw new SetupError(
      `Node.js ${OLDEST_RUNTIME} or newer is needed on ${process.platform} ${process.arch}, for which no package holds one; this is ${process.versions.node} (https://nodejs.org)`,
    );
  }
  rmSync(runtime(), { force: true });
  mkdirSync(dirname(runtime()), { recursive: true });
  symlinkSync(program, runtime());
}

function canRunProject(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 && majorOf(stdout) >= OLDEST_RUNTIME;
}

/** 24 of `v24.21.0`. */
function majorOf(version) {
  return Number.parseInt(version.slice(1), 10);
}

async function ensure({ programs, byHand }) {
  const isThere = () => programs.some((program) => runs(program, ['--version']));
  if (isThere()) return;
  const [name] = programs;
  const isRoot = typeof process.getuid === 'function' && process.getuid() === 0;
  if (!isRoot || !runs('apt-get', ['--version'])) throw new SetupError(`${name} is missing: install it (${byHand})`);
  await apt('reading package lists', ['update']);
  await apt(`installing ${name}`, ['install', '--yes', '--no-install-recommends', name]);
  if (!isThere()) throw new SetupError(`apt-get installed ${name}, but it does not run`);
}

function runs(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

async function apt(what, args) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { code, output } = await runWithProgress(what, 'apt-get', ['-qq', ...args], environment);
  if (code !== 0) throw new SetupError(`apt-get ${args[0]} failed\n${output.trim()}`);
}

/**
 * Runs a program, shows the elapsed time, and returns its output for error messages. Passes signals on and ends only
 * after the program, which may still write files that the next run writes too.
 */
async function runWithProgress(what, program, args, env = process.env) {
  const startMs = Date.now();
  const seconds = () => Math.round((Date.now() - startMs) / 1000);
  const terminal = process.stderr.isTTY;
  if (!terminal) say(`${what} …`);
  const tick = () => (terminal ? process.stderr.write(`\r${what} … ${seconds()} s`) : say(`${what} … ${seconds()} s`));
  const timer = setInterval(tick, terminal ? 1000 : 10_000);
  let interrupted = false;
  const passOn = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  // Registered before the program starts: an earlier signal would end this process only.
  for (const signal of SIGNALS) process.on(signal, passOn);
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (text) => {
    output += text;
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', keep);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      keep(error.message);
      resolve(-1);
    });
    child.once('close', resolve);
  });
  clearInterval(timer);
  for (const signal of SIGNALS) process.off(signal, passOn);
  const ending = interrupted ? 'interrupted' : code === 0 ? 'done' : 'failed';
  say(`${terminal ? '\r' : ''}${what}: ${ending} after ${seconds()} s`);
  if (interrupted) process.exit(130);
  return { code, output };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Standard output belongs to the command that follows. */
function say(line) {
  process.stderr.write(`${line}\n`);
}
