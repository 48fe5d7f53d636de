/** A prop that cannot work, found at synth: the message says the value, the rule and the fix. */
export class InvalidPropError extends Error {
  readonly code = 'invalid_prop';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidPropError';
  }
}

/** Runs `check` and names its subject in the error: `service users: prefix must …`. */
export function about<T>(subject: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InvalidPropError)) throw error;
    throw new InvalidPropError(`${subject}: ${error.message}`, { cause: error });
  }
}
