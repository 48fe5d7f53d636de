/** What was typed is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for could not be done: exit code 1. */
export class OpsError extends Error {
  override readonly name = 'OpsError';
}
