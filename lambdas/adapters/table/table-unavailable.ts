import { DecodeError } from '../../contract/decode.ts';
import { describeError } from '../log.ts';

/** The table gave an error or no answer: DynamoDB may or may not have done what was asked. */
export class TableUnavailable extends Error {
  readonly code = 'table_unavailable';

  constructor(cause: unknown) {
    super(`the table does not answer (${describeError(cause)})`, { cause });
    this.name = 'TableUnavailable';
  }
}

/** @throws TableUnavailable; a DecodeError as it is; a TypeError as well, since it is a mistake in this code */
export async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof TypeError) throw error;
    throw new TableUnavailable(error);
  }
}
