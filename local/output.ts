import { UserError } from './user-error.ts';

/** Where a command writes, a line a call. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** @throws the error, where it is no UserError */
export function reportUserError(error: unknown, err: Output['err']): void {
  if (!(error instanceof UserError)) throw error;
  err(`error: ${error.message}`);
}
