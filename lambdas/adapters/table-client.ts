import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { DecodeError, decodeJson, object, string, withDefault } from '../contract/decode.ts';
import { TABLE } from '../contract/table.ts';
import { type BoundedAnswer, ExchangeFailed, exchange, isLoopback } from './bounded-http.ts';

/** An item is at most 400 KB, and JSON escapes some of it. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const ATTEMPTS = 2;

/** Only texts and numbers: nothing else is kept in the items that this client reads and writes. */
export type Attributes = Readonly<Record<string, { readonly S: string } | { readonly N: string }>>;

export interface ItemKey {
  readonly partition: string;
  readonly sort: string;
}

export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Attributes;
}

export interface TableClientOptions {
  readonly table: string;
  /** Where Lambda puts region and credentials; they are read for each call, since it may renew them. */
  readonly env: NodeJS.ProcessEnv;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Of one attempt. */
  readonly timeoutMs: number;
}

/** DynamoDB answered with an error of its own, or not at all. */
export class TableCallFailed extends Error {
  readonly code = 'table_call_failed';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TableCallFailed';
  }
}

/**
 * Three calls of DynamoDB, signed by the SDK's signer and sent by Node's own HTTP client. The SDK's client for DynamoDB
 * costs a cold start 60 to 100 ms, and the authorizer's is the one that every client meets first: see decision 0016.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
 */
export class TableClient {
  readonly #options: TableClientOptions;
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #signer: SignatureV4;

  constructor(options: TableClientOptions) {
    const { env } = options;
    this.#options = options;
    this.#url = endpointOf(env);
    // A kept connection saves a handshake of TLS for each key that is looked up.
    this.#agent = new (this.#url.protocol === 'https:' ? SecureAgent : Agent)({ keepAlive: true, maxSockets: 50 });
    this.#signer = new SignatureV4({
      service: 'dynamodb',
      region: regionOf(env),
      sha256: Sha256,
      credentials: async () => ({
        accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
        ...(env['AWS_SESSION_TOKEN'] !== undefined && { sessionToken: env['AWS_SESSION_TOKEN'] }),
      }),
    });
  }

  /** The item as DynamoDB's JSON has it; undefined: there is none. @throws TableCallFailed */
  async get(key: ItemKey, { consistent = false } = {}): Promise<unknown> {
    const answer = await this.#call('GetItem', { Key: keyAttributes(key), ConsistentRead: consistent });
    return (answer as { readonly Item?: unknown }).Item;
  }

  /** @returns false: the condition does not hold, and nothing was written. @throws TableCallFailed */
  async put(key: ItemKey, attributes: Attributes, condition: Condition): Promise<boolean> {
    return this.#write('PutItem', { Item: { ...keyAttributes(key), ...attributes } }, condition);
  }

  /** Sets one attribute. @returns as `put`. @throws TableCallFailed */
  async set(key: ItemKey, name: string, value: { readonly N: string }, condition: Condition): Promise<boolean> {
    const { names, values } = condition;
    return this.#write(
      'UpdateItem',
      { Key: keyAttributes(key), UpdateExpression: 'SET #set = :set' },
      { ...condition, names: { ...names, '#set': name }, values: { ...values, ':set': value } },
    );
  }

  async #write(operation: string, input: object, { expression, names, values }: Condition): Promise<boolean> {
    const condition = {
      ConditionExpression: expression,
      ...(names && { ExpressionAttributeNames: names }),
      ...(values && { ExpressionAttributeValues: values }),
    };
    return (await this.#call(operation, { ...input, ...condition })) !== undefined;
  }

  /** @returns the answer's document; undefined: a condition does not hold */
  async #call(operation: string, input: object): Promise<unknown> {
    const body = JSON.stringify({ TableName: this.#options.table, ...input });
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === ATTEMPTS;
      const answer = await this.#send(operation, body).catch((cause) => {
        if (!last && cause instanceof ExchangeFailed && cause.stale) return undefined;
        throw new TableCallFailed(`${operation} failed: ${(cause as Error).message}`, cause);
      });
      if (answer === undefined || (answer.status >= 500 && !last)) continue;
      return documentOf(operation, answer);
    }
  }

  async #send(operation: string, body: string): Promise<BoundedAnswer> {
    const { clock, timeoutMs } = this.#options;
    const unsigned = new HttpRequest({
      method: 'POST',
      protocol: this.#url.protocol,
      hostname: this.#url.hostname,
      path: '/',
      headers: {
        host: this.#url.host,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      },
      body,
    });
    const { headers } = await this.#signer.sign(unsigned, { signingDate: new Date(clock()) });
    const request = {
      method: 'POST',
      headers,
      body,
      agent: this.#agent,
      timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
    } as const;
    return exchange(this.#url, request);
  }
}

function keyAttributes({ partition, sort }: ItemKey): Attributes {
  return { [TABLE.partitionKey]: { S: partition }, [TABLE.sortKey]: { S: sort } };
}

function documentOf(operation: string, { status, body }: BoundedAnswer): unknown {
  if (status === 200) return decodeJson((value) => value as object, body, operation);
  const type = errorType(body);
  if (type === 'ConditionalCheckFailedException') return undefined;
  throw new TableCallFailed(`${operation} was answered ${status} ${type}`.trim());
}

const failure = object({ __type: withDefault(string, '') });

/** `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`; '' for what no DynamoDB answers. */
function errorType(body: string): string {
  try {
    return decodeJson(failure, body, 'error').__type.replace(/^.*#/, '');
  } catch (error) {
    if (error instanceof DecodeError) return '';
    throw error;
  }
}

function regionOf(env: NodeJS.ProcessEnv): string {
  const region = env['AWS_REGION'];
  if (!region) throw new TypeError('AWS_REGION must be set: Lambda sets it');
  return region;
}

function endpointOf(env: NodeJS.ProcessEnv): URL {
  const own = env['AWS_ENDPOINT_URL_DYNAMODB'];
  const region = regionOf(env);
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(own || `https://dynamodb.${region}.${suffix}`);
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    throw new TypeError(
      `the endpoint of DynamoDB must be https, got ${url.origin}: leave AWS_ENDPOINT_URL_DYNAMODB out`,
    );
  }
  return url;
}
