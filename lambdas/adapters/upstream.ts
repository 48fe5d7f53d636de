import {
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { Agent as HttpsAgent, request as secureRequest } from 'node:https';

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query as they go onto the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

export interface UpstreamResponse {
  readonly status: number;
  /** By lower-cased name, duplicates joined by commas; `set-cookie` is not among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** Why an upstream gave no usable answer. */
export class UpstreamError extends Error {
  readonly code: 'timeout' | 'unreachable' | 'too_large';

  constructor(code: UpstreamError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UpstreamError';
    this.code = code;
  }
}

/**
 * Whether a message can be written as HTTP/1.1 at all: Node refuses, for example, a control character in a field. Asked
 * before anything is promised to a circuit or an upstream.
 */
export function isSendable({ method, target, headers }: UpstreamRequest): boolean {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method) || !/^[!-~\u0080-\u00ff]+$/.test(target)) return false;
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
}

/** Lambda returns at most 6 MB, so more of an answer is not read (AWS: Lambda quotas). */
export const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

/** Header bytes of an answer that are read: more than API Gateway would hand on. */
const MAX_RESPONSE_HEADER_BYTES = 32 * 1024;

/** A connection idle for longer is closed: many servers close theirs after 5 s, and a closed one resets a request. */
const IDLE_CONNECTION_MS = 4000;

/** RFC 9110 §9.2.2: these may be sent again when a connection closed before any answer. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

const AGENT_OPTIONS = { keepAlive: true, timeout: IDLE_CONNECTION_MS, scheduling: 'lifo' } as const;

/** The HTTP server that a service forwards to, with its kept-alive connections. */
export class Upstream {
  readonly #base: URL;
  readonly #address: RequestOptions;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #request: typeof request;
  readonly #clock: () => number;
  /** When the last answer had been read: no idle connection is younger. */
  #answeredAtMs = 0;

  /** @param clock epoch milliseconds: they go on while Lambda holds the environment frozen, timers do not */
  constructor(url: string, clock: () => number = Date.now) {
    this.#clock = clock;
    this.#base = new URL(url);
    const { protocol, hostname, port } = this.#base;
    this.#address = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port };
    const secure = protocol === 'https:';
    this.#agent = secure ? new HttpsAgent(AGENT_OPTIONS) : new HttpAgent(AGENT_OPTIONS);
    this.#request = secure ? secureRequest : request;
  }

  /** Path of the upstream's address, without a trailing slash. */
  get basePath(): string {
    return this.#base.pathname.replace(/\/+$/, '');
  }

  /**
   * Sends one request and reads the whole answer. A request on a kept-alive connection that the server has meanwhile
   * closed goes out once more, if its method allows that, over a new connection.
   *
   * @param timeoutMs until the last byte of the answer
   * @throws UpstreamError
   */
  async send(message: UpstreamRequest, timeoutMs: number): Promise<UpstreamResponse> {
    const deadlineMs = performance.now() + timeoutMs;
    this.#dropIdleConnections();
    try {
      return await this.#exchange(message, timeoutMs, this.#agent);
    } catch (error) {
      if (!(error instanceof StaleConnection) || !IDEMPOTENT.has(message.method)) throw error;
      return this.#exchange(message, deadlineMs - performance.now(), false);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The agent's own timers stand still while the environment is frozen, and the server closes connections meanwhile. */
  #dropIdleConnections(): void {
    if (this.#clock() - this.#answeredAtMs < IDLE_CONNECTION_MS) return;
    for (const socket of Object.values(this.#agent.freeSockets).flat()) socket?.destroy();
  }

  #exchange(message: UpstreamRequest, timeoutMs: number, agent: RequestOptions['agent']): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      let answered = false;
      const outgoing = this.#request({
        ...this.#address,
        method: message.method,
        path: message.target,
        headers: { ...message.headers, ...lengthOf(message) },
        agent,
        maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      });
      const timer = setTimeout(
        () => outgoing.destroy(new UpstreamError('timeout', `no complete answer within ${timeoutMs} ms`)),
        Math.max(0, timeoutMs),
      );
      const fail = (error: Error) => {
        clearTimeout(timer);
        outgoing.destroy();
        reject(asUpstreamError(error, outgoing.reusedSocket && !answered));
      };
      outgoing.on('error', fail);
      outgoing.on('response', (incoming) => {
        answered = true;
        collect(incoming)
          .then((response) => {
            clearTimeout(timer);
            this.#answeredAtMs = this.#clock();
            // An answer that came before the whole body was read: nobody wants the rest.
            if (!outgoing.writableFinished) outgoing.destroy();
            resolve(response);
          })
          .catch(fail);
      });
      outgoing.end(message.body);
    });
  }
}

class StaleConnection extends UpstreamError {
  constructor(cause: unknown) {
    super('unreachable', 'the upstream closed the connection', cause);
  }
}

function asUpstreamError(error: Error, mayBeStale: boolean): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  if (mayBeStale && (code === 'ECONNRESET' || code === 'EPIPE')) return new StaleConnection(error);
  return new UpstreamError('unreachable', code, error);
}

/** A body's length is always said, so that nothing goes out chunked; where a method implies none, nothing is said. */
function lengthOf({ method, body }: UpstreamRequest): Record<string, string> {
  if (body === undefined && !['POST', 'PUT', 'PATCH'].includes(method)) return {};
  return { 'content-length': String(body?.length ?? 0) };
}

/** By events: an async iterator over the chunks takes longer than all the rest of this function. */
function collect(incoming: IncomingMessage): Promise<UpstreamResponse> {
  const { statusCode = 0 } = incoming;
  return new Promise((resolve, reject) => {
    // 101 is the one interim status that gets here. What follows on its connection is no HTTP, so that must not be kept.
    if (statusCode < 200) {
      return reject(new UpstreamError('unreachable', `the upstream answered ${statusCode}, which nobody asked for`));
    }
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_RESPONSE_BYTES) {
        reject(new UpstreamError('too_large', `the answer is larger than ${MAX_RESPONSE_BYTES} bytes`));
      } else {
        chunks.push(chunk);
      }
    });
    incoming.on('error', reject);
    incoming.on('end', () =>
      resolve({ status: statusCode, ...fieldsOf(incoming.rawHeaders), body: Buffer.concat(chunks, size) }),
    );
  });
}

/** Names and values as they came, one after the other. Node's own views of them drop some duplicates or cost more. */
function fieldsOf(rawHeaders: readonly string[]): Pick<UpstreamResponse, 'headers' | 'cookies'> {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (name === 'set-cookie') cookies.push(value);
    else headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return { headers, cookies };
}
