import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { DecodeError, type Decoder, decodeJson, object, string, withDefault } from '../../contract/decode.ts';
import { TABLE } from '../../contract/table.ts';
import { type BoundedAnswer, ExchangeFailed, exchange, isProtected } from '../http/bounded-http.ts';
import { describeError } from '../log.ts';

/** An item is at most 400 KB, and JSON escapes some of it. */
const MAX_ANSWER_BYTES = 512 * 1024;
/** What DynamoDB means to be asked again for; all other errors of the 400s would come again. */
const THROTTLED = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];

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
  /** Of a whole call: both attempts, where the first one met a broken connection or a passing fault. */
  readonly timeoutMs: number;
}

/** DynamoDB answered with an error, with what is no answer of its own, or not at all. */
export class TableCallFailed extends Error {
  readonly code = 'table_call_failed';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TableCallFailed';
  }
}

/**
 * Three calls of DynamoDB, signed by the SDK's signer and sent by Node's own HTTP client. The SDK's client for DynamoDB
 * makes a cold start 30 ms longer, and the authorizer's is the one that every client meets first: see decision 0016.
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
      credentials: async () => credentialsOf(env),
    });
  }

  /** The item as DynamoDB's JSON has it; undefined: there is none. @throws TableCallFailed */
  async get(key: ItemKey, { consistent = false } = {}): Promise<unknown> {
    const answer = await this.#call('GetItem', { Key: keyAttributes(key), ConsistentRead: consistent });
    return answer?.Item;
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

  /** @returns undefined: a condition does not hold */
  async #call(operation: string, input: object): Promise<Answer | undefined> {
    const body = JSON.stringify({ TableName: this.#options.table, ...input });
    const deadlineMs = performance.now() + this.#options.timeoutMs;
    const attempt = (agent: Agent | false) =>
      this.#send(operation, body, agent, Math.max(0, Math.round(deadlineMs - performance.now())));
    try {
      const first = await attempt(this.#agent).catch(unlessStale);
      // Anew on a connection of its own: where one was closed meanwhile, the other kept ones are likely to be, too.
      return answerOf(first === undefined || isPassing(first) ? await attempt(false) : first);
    } catch (error) {
      throw new TableCallFailed(`${operation} failed: ${describeError(error)}`, error);
    }
  }

  async #send(operation: string, body: string, agent: Agent | false, timeoutMs: number): Promise<BoundedAnswer> {
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
    const { headers } = await this.#signer.sign(unsigned, { signingDate: new Date(this.#options.clock()) });
    const request = {
      method: 'POST',
      headers,
      body,
      agent,
      timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
    } as const;
    return exchange(this.#url, request);
  }
}

function keyAttributes({ partition, sort }: ItemKey): Attributes {
  return { [TABLE.partitionKey]: { S: partition }, [TABLE.sortKey]: { S: sort } };
}

interface Answer {
  /** Of a GetItem that found one. */
  readonly Item: unknown;
}

const document: Decoder<Answer> = object({ Item: (item) => item });

function answerOf({ status, body }: BoundedAnswer): Answer | undefined {
  if (status === 200) return decodeJson(document, body, 'answer');
  const type = errorType(body);
  if (type === 'ConditionalCheckFailedException') return undefined;
  throw new Error(`DynamoDB answered ${status} ${type}`.trim());
}

/** @returns undefined: a kept connection had been closed meanwhile, so nothing was asked yet */
function unlessStale(error: unknown): undefined {
  if (!(error instanceof ExchangeFailed && error.stale)) throw error;
}

function isPassing({ status, body }: BoundedAnswer): boolean {
  return status >= 500 || (status === 400 && THROTTLED.includes(errorType(body)));
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

function credentialsOf(env: NodeJS.ProcessEnv) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new TypeError('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set: Lambda sets them');
  }
  return { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) };
}

function regionOf(env: NodeJS.ProcessEnv): string {
  const region = env['AWS_REGION'];
  if (!region) throw new TypeError('AWS_REGION must be set: Lambda sets it');
  return region;
}

/** @throws TypeError naming the variable that is wrong or missing */
export function endpointOf(env: NodeJS.ProcessEnv): URL {
  const own = env['AWS_ENDPOINT_URL_DYNAMODB'];
  const region = regionOf(env);
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(own || `https://dynamodb.${region}.${suffix}`);
  if (!isProtected(url)) {
    throw new TypeError(
      `AWS_ENDPOINT_URL_DYNAMODB must be https, or http on this machine, got ${own}: leave it out for AWS's own`,
    );
  }
  return url;
}
