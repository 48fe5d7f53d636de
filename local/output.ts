import { UserError } from './user-error.ts';

/** Where a command writes, a line a call. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** Runs a command. A UserError is one line on standard error, and the exit code 1. */
export async function exitCodeOf(command: () => Promise<void>, { err }: Output): Promise<0 | 1> {
  try {
    await command();
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    err(`error: ${error.message}`);
    return 1;
  }
}
