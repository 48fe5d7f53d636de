/**
 * Writes one JSON object as one line. It goes around `console.log`, since Lambda's text format would put a prefix
 * before it, and CloudWatch finds metrics (EMF) only in a line that is JSON.
 */
export function writeLine(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** An error for a log line: its kind and message, and no stack, whose frames may quote values. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
