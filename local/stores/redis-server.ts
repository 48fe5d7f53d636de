import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkPort } from '../http/server.ts';
import { UserError } from '../user-error.ts';

export interface RedisServer {
  readonly port: number;
  /** Process id of the current server; after an unexpected end another one is started. */
  pid(): number;
  close(): Promise<void>;
}

/** Valkey's server takes the same options and speaks the same protocol. */
const PROGRAMS = ['redis-server', 'valkey-server'];
const START_TIMEOUT_MS = 10_000;
const RESTART_DELAY_MS = 5000;

/**
 * Runs the server and ends it when standard input closes. The system closes it even when this process is killed. $0 is
 * the program, $1 the directory to remove afterwards; the rest are the program's arguments.
 */
const KEEPER = `
dir=$1; shift
exec 3<&0
"$0" "$@" 3<&- </dev/null >/dev/null 2>&1 &
server=$!
echo $server
(cat <&3 >/dev/null; kill $server 2>/dev/null) >/dev/null 2>&1 &
wait $server
rm -rf "$dir"
`;

/** Absolute path of the server's program on that search path, or undefined. */
export function findRedisServer(path = ''): string | undefined {
  const candidates = PROGRAMS.flatMap((name) => path.split(delimiter).map((dir) => join(dir, name)));
  return candidates.find(isExecutable);
}

/** A server on a free port of 127.0.0.1 that keeps nothing on disk. */
export async function spawnRedis(log: (line: string) => void, restartDelayMs = RESTART_DELAY_MS): Promise<RedisServer> {
  const program = findRedisServer(process.env['PATH']);
  if (!program) throw new UserError('redis_missing', 'no redis-server on the search path');
  const port = await checkPort(0);
  const state: { keeper: Keeper; closing: boolean } = { keeper: await keep(program, port), closing: false };
  const watch = () => {
    state.keeper.process.once('exit', () => void restart());
  };
  const restart = async () => {
    if (state.closing) return;
    log(`redis-server ended; another one starts on port ${port} in ${restartDelayMs / 1000} s`);
    await sleep(restartDelayMs, undefined, { ref: false });
    if (state.closing) return;
    state.keeper = await keep(program, port);
    log(`redis-server runs again on port ${port}, process ${state.keeper.pid}`);
    watch();
  };
  watch();
  return {
    port,
    pid: () => state.keeper.pid,
    close: async () => {
      state.closing = true;
      await end(state.keeper.process);
    },
  };
}

interface Keeper {
  readonly process: ChildProcess;
  readonly pid: number;
}

async function keep(program: string, port: number): Promise<Keeper> {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-redis-'));
  const options = { port, bind: '127.0.0.1', dir, save: '', appendonly: 'no' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // In its own process group: Ctrl-C at the terminal must not end it before the functions that use it.
  const keeper = spawn('/bin/sh', ['-c', KEEPER, program, dir, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const [pid] = await once(createInterface({ input: keeper.stdout }), 'line');
  keeper.once('exit', () => keeper.stdin.destroy());
  await untilAccepting(port, keeper);
  return { process: keeper, pid: Number(pid) };
}

async function untilAccepting(port: number, keeper: ChildProcess): Promise<void> {
  const giveUpMs = Date.now() + START_TIMEOUT_MS;
  while (keeper.exitCode === null && Date.now() < giveUpMs) {
    if (await accepts(port)) return;
    await sleep(10);
  }
  await end(keeper);
  throw new UserError('redis_failed', `redis-server did not start on port ${port}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function end(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  const ended = once(keeper, 'exit');
  keeper.stdin?.end();
  await ended;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
