import { withoutCredentials } from '../contract/masked.ts';

/**
 * Writes one JSON object as one line. It goes around `console.log`, since Lambda's text format would put a prefix
 * before it, and CloudWatch finds metrics (EMF) only in a line that is JSON.
 */
export function writeLine(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** In characters: longer messages quote their subject. */
const MAX_ERROR_LENGTH = 1024;

/** An error for a log line: its kind and message without credentials, and no stack, whose frames may quote values. */
export function describeError(error: unknown): string {
  return withoutCredentials(textOf(error)).slice(0, MAX_ERROR_LENGTH);
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Some libraries take the name from the class, and of that the minifier leaves a letter or two.
  return error.name.length > 4 ? `${error.name}: ${error.message}` : error.message;
}
