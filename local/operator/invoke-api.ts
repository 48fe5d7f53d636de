import { INVOCATION_TIMEOUT_MS, type Invoke, type Outcome } from '../functions/invocation.ts';
import { NESTING_LIMIT, parseEvent } from '../functions/parse-event.ts';
import type { Api } from '../http/api.ts';
import { header, type Response } from '../http/message.ts';
import { createVerifier } from './signature.ts';

/** Limit of an event, far above the size of an operation. */
export const OPERATOR_BODY_LIMIT_BYTES = 64 * 1024;
const PATH = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?.*)?$/;

export interface InvokeApiOptions {
  /** Names of the functions that may be invoked. */
  readonly functions: () => readonly string[];
  readonly invoke: Invoke;
  /** Signs requests. */
  readonly secret: string;
}

/**
 * Lambda's Invoke, as an SDK calls it: for the operator function only, and synchronous only.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function createInvokeApi({ functions, invoke, secret }: InvokeApiOptions): Api {
  const isSigned = createVerifier(secret);
  return async (request) => {
    const [, encoded] = PATH.exec(request.target) ?? [];
    const name = encoded === undefined ? undefined : decoded(encoded);
    if (request.method !== 'POST' || name === undefined) return failure(404, 'NotFound', 'only Invoke is served here');
    if (request.bodyTooLarge) return failure(413, 'RequestTooLargeException', 'an event may have at most 64 KB here');
    if (!(await isSigned(request))) {
      return failure(403, 'InvalidSignatureException', 'a request must be signed with the secret that npm start wrote');
    }
    const known = functions();
    if (!known.includes(name)) {
      const has = known.length === 0 ? 'none' : known.join(', ');
      return failure(
        404,
        'ResourceNotFoundException',
        `Function not found: ${name}; this gateway's operators have ${has}`,
      );
    }
    if ((header(request.headers, 'x-amz-invocation-type') ?? 'RequestResponse') !== 'RequestResponse') {
      return failure(400, 'InvalidParameterValueException', 'only RequestResponse is served here');
    }
    const event = parseEvent(request.body);
    if (event === undefined) {
      return failure(
        400,
        'InvalidRequestContentException',
        `the event must be a JSON object, nested at most ${NESTING_LIMIT} deep here`,
      );
    }
    return responseOf(await invoke(name, event, INVOCATION_TIMEOUT_MS));
  };
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** An error of the function is a successful invocation; a header reports it. */
function responseOf(outcome: Outcome): Response {
  switch (outcome.kind) {
    case 'replied':
      return json(200, outcome.payload);
    case 'failed': {
      const { errorType, message } = outcome;
      return json(200, JSON.stringify({ errorType, errorMessage: message }), [['x-amz-function-error', 'Unhandled']]);
    }
    case 'throttled':
    case 'late':
      return failure(429, 'TooManyRequestsException', 'Rate Exceeded.');
    case 'too-large':
      return failure(413, 'RequestTooLargeException', 'the event is over 6 MB');
  }
}

function failure(status: number, type: string, message: string): Response {
  return json(status, JSON.stringify({ Type: 'User', Message: message, message }), [['x-amzn-errortype', type]]);
}

function json(status: number, body: string, headers: Response['headers'] = []): Response {
  return { status, headers: [['content-type', 'application/json'], ...headers], body: Buffer.from(body) };
}
