import { onTestFinished, vi } from 'vitest';
import { Closers } from '../../../local/closers.ts';
import type { Output } from '../../../local/output.ts';
import { serveCommand } from '../../../local/serve-command.ts';
import { tokenCommand } from '../../../local/token-command.ts';
import type { Finished } from './process.ts';

type Environment = Readonly<Record<string, string>>;

/** Runs the command of `npm start` in the test's process. What it then serves ends with the test. */
export function runCli(args: readonly string[], environment: Environment, closers = new Closers()): Promise<Finished> {
  onTestFinished(() => closers.close());
  return collect((output) => serveCommand(args, output, closers), { REDIS_URL: undefined, ...environment });
}

/** Runs the command of `npm run token` in the test's process. */
export function runToken(args: readonly string[], environment: Environment): Promise<Finished> {
  return collect((output) => tokenCommand(args, output), environment);
}

async function collect(
  command: (output: Output) => Promise<number>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Finished> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const written = { stdout: '', stderr: '' };
  const code = await command({
    out: (line) => {
      written.stdout += `${line}\n`;
    },
    err: (line) => {
      written.stderr += `${line}\n`;
    },
  });
  return { code, ...written };
}
