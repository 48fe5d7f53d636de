import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

type Variables = Readonly<Record<string, string>>;

/** What every child gets of this process's environment: no setting of whoever runs the benchmark takes part. */
const INHERITED: Variables = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
);

const running = new Set<ChildProcess>();

/** Remembers a child until it is gone, so that whoever is interrupted can end it. */
export function track<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends every child that still runs. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(end));
}

/** Runs a script in a fresh process to its end. @returns the JSON that it wrote to file descriptor 3 */
export async function runOnce(script: string, variables: Variables): Promise<unknown> {
  const child = track(
    spawn(process.execPath, [script], {
      env: { ...INHERITED, ...variables },
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    }),
  );
  const [written] = await Promise.all([text(child.stdio[3] as NodeJS.ReadableStream), once(child, 'exit')]);
  if (written === '') throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode} and said nothing`);
  return JSON.parse(written);
}

/** A process of the benchmark's own that answers messages, see `cpu/serve.ts`. */
export interface Service {
  readonly port: number;
  ask(message: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a script and waits until it says on which port it listens. */
export async function startService(script: string, variables: Variables): Promise<Service> {
  const child = track(
    spawn(process.execPath, ['--no-warnings', script], {
      env: { ...INHERITED, ...variables, NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  );
  const { port } = (await reply(child, script)) as { port: number };
  return {
    port,
    ask: (message) => {
      child.send(message as object);
      return reply(child, script);
    },
    stop: () => end(child),
  };
}

/** The next message of a child; its end is an error. */
async function reply(child: ChildProcess, script: string): Promise<unknown> {
  const ended = new AbortController();
  const [message] = await Promise.race([
    once(child, 'message', { signal: ended.signal }),
    once(child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode}`);
    }),
  ]).finally(() => ended.abort());
  return message;
}

/** Ends a child by its id and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
