import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { DecodeError, type Decoder, decodeJson, object, string, withDefault } from '../../contract/decode.ts';
import { type BoundedAnswer, ExchangeFailed, exchange } from '../http/bounded-http.ts';
import { describeError } from '../log.ts';
import { endpointOf, type SigningOptions, signerFor } from './signed-request.ts';
import { type Answer, type Operation, TableClient } from './table-client.ts';

/** An item is at most 400 KB, and JSON escapes some of it. */
const MAX_ITEM_BYTES = 512 * 1024;
/** A page is at most 1 MB of items, and JSON writes a control character with six bytes. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** After these errors DynamoDB expects another attempt. Every other error of status 400 would come again. */
const THROTTLED = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];

export interface SignedTableOptions extends SigningOptions {
  readonly table: string;
  /** Deadline of a call, its second attempt included. */
  readonly timeoutMs: number;
  /**
   * The first attempt is given up when no answer begins within this time. It is then made again, as it is after any
   * broken connection.
   *
   * @default - a call is made again only when the server had closed the kept connection
   */
  readonly attemptMs?: number;
}

/** DynamoDB answered with an error, something else than DynamoDB answered, or nothing did. */
export class TableCallFailed extends Error {
  readonly code = 'table_call_failed';

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'TableCallFailed';
  }
}

/**
 * The table by requests that the SDK's signer signs and Node's HTTP client sends; `table-client.ts` says which functions
 * use it. A call is made once more, at once, after a fault of the server and when DynamoDB throttles. Its methods throw
 * TableCallFailed.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
 */
export function signedTable(options: SignedTableOptions): TableClient {
  const { table, timeoutMs, attemptMs } = options;
  const url = endpointOf(options.env);
  const sign = signerFor(url, options);
  // A kept connection saves a TLS handshake for each call.
  const kept = new (url.protocol === 'https:' ? SecureAgent : Agent)({ keepAlive: true, maxSockets: 50 });

  async function post(operation: Operation, body: string, agent: Agent | false, deadlineMs: number) {
    const headers = await sign(operation, body);
    return exchange(url, {
      method: 'POST',
      headers,
      body,
      agent,
      timeoutMs: Math.max(0, Math.round(deadlineMs - performance.now())),
      beginsWithinMs: attemptMs,
      maxBytes: operation === 'Query' ? MAX_PAGE_BYTES : MAX_ITEM_BYTES,
    });
  }

  /** @returns undefined: another attempt may succeed */
  function unlessLost(error: unknown): undefined {
    if (error instanceof ExchangeFailed && (error.stale || (error.lost && attemptMs !== undefined))) return;
    throw error;
  }

  return new TableClient(table, async (operation, input) => {
    const body = JSON.stringify(input);
    const deadlineMs = performance.now() + timeoutMs;
    try {
      const first = await post(operation, body, kept, deadlineMs).catch(unlessLost);
      if (first !== undefined && !isPassing(first)) return answerOf(first);
      // On a new connection: when the server closed one kept connection, it has probably closed the others, too.
      return answerOf(await post(operation, body, false, deadlineMs));
    } catch (error) {
      throw new TableCallFailed(`${operation} failed: ${describeError(error)}`, error);
    }
  });
}

const any = (value: unknown) => value;
const answer = object({ Item: any, Items: any, Count: any, LastEvaluatedKey: any }) as Decoder<Answer>;

function answerOf({ status, body }: BoundedAnswer): Answer | undefined {
  if (status === 200) return decodeJson(answer, body, 'answer');
  const type = errorType(body);
  if (type === 'ConditionalCheckFailedException') return undefined;
  throw new Error(`DynamoDB answered ${status} ${type}`.trim());
}

function isPassing({ status, body }: BoundedAnswer): boolean {
  return status >= 500 || (status === 400 && THROTTLED.includes(errorType(body)));
}

const failure = object({ __type: withDefault(string, '') });

/** `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`; '' for an answer that is not DynamoDB's. */
function errorType(body: string): string {
  try {
    return decodeJson(failure, body, 'error').__type.replace(/^.*#/, '');
  } catch (error) {
    if (error instanceof DecodeError) return '';
    throw error;
  }
}
