import { object, string } from '../contract/decode.ts';
import { type SigningScope, signedHeaders } from './signature-v4.ts';
import { Upstream, UpstreamError, type UpstreamResponse } from './upstream.ts';

/** A string or a number: a circuit is made of nothing else. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** DynamoDB's answer to a call that it refused. */
export class DynamoDBError extends Error {
  /** `ConditionalCheckFailedException`, … */
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(`${code}: ${message}`);
    this.name = 'DynamoDBError';
    this.code = code;
    this.status = status;
  }
}

export interface DynamoDBOptions {
  /** `https://dynamodb.us-east-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly signing: SigningScope;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * A call's deadline, connecting included. It is short: a circuit's state has a last known value to fall back to, and no
 * request may wait for the table longer than for its upstream.
 */
const TIMEOUT_MS = 500;
const ATTEMPTS = 2;
const RETRY_PAUSE_MS = 50;

/** Refusals that may pass by themselves (AWS: DynamoDB error handling). */
const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TransactionInProgressException',
]);

/**
 * The DynamoDB API over HTTP, one signed POST a call. The AWS SDK would do; loading it and its first call cost a cold
 * start 100 ms, more than all the rest of the proxy function (see docs/benchmarks.md).
 */
export class DynamoDB {
  readonly #http: Upstream;
  readonly #host: string;
  readonly #options: DynamoDBOptions;

  constructor(options: DynamoDBOptions) {
    this.#http = new Upstream(options.endpoint);
    this.#host = new URL(options.endpoint).host;
    this.#options = options;
  }

  /**
   * @param input as the API's reference describes it
   * @returns the answer's document; its shape is the caller's to check
   * @throws DynamoDBError when DynamoDB refuses, UpstreamError when it does not answer
   */
  async call(operation: 'GetItem' | 'PutItem', input: object): Promise<unknown> {
    const body = Buffer.from(JSON.stringify(input));
    for (let attempt = 1; ; attempt += 1) {
      try {
        return documentOf(await this.#post(operation, body));
      } catch (error) {
        if (attempt === ATTEMPTS || !mayPass(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_PAUSE_MS));
    }
  }

  close(): void {
    this.#http.close();
  }

  #post(operation: string, body: Buffer): Promise<UpstreamResponse> {
    const { signing, clock } = this.#options;
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      host: this.#host,
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    };
    const message = { method: 'POST', target: '/', headers: signedHeaders(headers, body, signing, clock()), body };
    return this.#http.send(message, TIMEOUT_MS);
  }
}

/** The client of this environment: Lambda names the region and gives the credentials for as long as it lives. */
export function createDynamoDB(env: NodeJS.ProcessEnv, clock: () => number): DynamoDB {
  const region = env['AWS_REGION'] ?? '';
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new DynamoDB({
    endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? `https://dynamodb.${region}.${domain}`,
    signing: {
      region,
      service: 'dynamodb',
      credentials: {
        accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
        sessionToken: env['AWS_SESSION_TOKEN'] ?? '',
      },
    },
    clock,
  });
}

function documentOf({ status, body }: UpstreamResponse): unknown {
  const document = parse(body);
  if (status === 200) return document;
  throw refusal(status, document);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** `{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "…"}` */
function refusal(status: number, document: unknown): DynamoDBError {
  try {
    const { __type } = object({ __type: string })(document, 'dynamodb');
    const code = __type.slice(__type.lastIndexOf('#') + 1);
    return new DynamoDBError(code, status, `status ${status}`);
  } catch {
    return new DynamoDBError('UnknownError', status, `status ${status}`);
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof UpstreamError) return true;
  return error instanceof DynamoDBError && (error.status >= 500 || THROTTLED.has(error.code));
}
