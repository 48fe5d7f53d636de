import { main } from '../../../bin/ops/main.ts';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the operators' command in the test's process: starting one of its own takes 0.4 to 0.75 s. */
export async function runOps(args: readonly string[]): Promise<Finished> {
  const output = { stdout: '', stderr: '' };
  const code = await main(args, {
    out: (text) => {
      output.stdout += `${text}\n`;
    },
    err: (text) => {
      output.stderr += `${text}\n`;
    },
    width: undefined,
  });
  return { code, ...output };
}
