import {
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { Agent as HttpsAgent, request as secureRequest } from 'node:https';
import { isIdempotent } from '../../core/circuit/retry.ts';
import { DEADLINE_HEADER } from '../../core/http/headers.ts';
import { endsWithItsConnection, readAnswer, type UpstreamResponse } from './upstream-answer.ts';
import { hasBytes, sendBody } from './upstream-body.ts';
import {
  asUpstreamError,
  ConnectionError,
  MAX_RESPONSE_HEADER_BYTES,
  timeoutError,
  UpstreamError,
} from './upstream-error.ts';
import { readingOn } from './upstream-socket.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query, encoded for the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Whether a request may use a connection kept from earlier ones, or gets its own. */
export type Connection = 'kept' | 'own';

/**
 * Whether Node can write a message as HTTP/1.1: it refuses, for example, a control character in a field. It is asked before
 * the circuit. A method in small letters is another method (RFC 9110 §9.1), and Node would write it in capitals: `post` must
 * not become a POST whose policy was not checked. CONNECT opens a tunnel.
 */
export function isSendable({ method, target, headers }: UpstreamRequest): boolean {
  if (!/^(?!CONNECT$)[!#$%&'*+\-.^_`|~0-9A-Z]+$/.test(method) || !/^[!-~\u0080-\u00ff]+$/.test(target)) return false;
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

/** A connection that is idle for longer is closed: many servers close theirs after 5 s, and then reset a request. */
const IDLE_CONNECTION_MS = 4000;

/** Interim answers (1xx) to one request: an upstream that reports its progress every second sends fewer. */
const MAX_INTERIM = 100;

/** Methods whose body has a meaning. Their requests without a body have the length 0 (RFC 9110 §8.6). */
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

const KEPT = { keepAlive: true, timeout: IDLE_CONNECTION_MS, scheduling: 'lifo' } as const;
/** Node then says `connection: close`, so that the upstream expects no further request either. */
const OWN = { keepAlive: false } as const;

/** The HTTP server that a service forwards to, with its kept-alive connections. */
export class Upstream {
  /** Path of the upstream's address, without a trailing slash. */
  readonly basePath: string;
  readonly #address: RequestOptions;
  readonly #kept: HttpAgent | HttpsAgent;
  readonly #own: HttpAgent | HttpsAgent;
  readonly #request: typeof request;
  readonly #clock: () => number;
  /** When the last answer on a kept connection was read: no connection has been idle for less time. */
  #answeredAtMs = 0;

  /** @param clock epoch milliseconds, which go on while Lambda freezes the instance; timers do not */
  constructor(url: string, clock: () => number = Date.now) {
    this.#clock = clock;
    const { protocol, hostname, port, pathname } = new URL(url);
    this.basePath = pathname.replace(/\/+$/, '');
    this.#address = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port };
    const secure = protocol === 'https:';
    const Agent = secure ? HttpsAgent : HttpAgent;
    this.#kept = readingOn(new Agent(KEPT));
    this.#own = readingOn(new Agent(OWN));
    this.#request = secure ? secureRequest : request;
  }

  /**
   * Sends one request and reads the whole answer. If the server has meanwhile closed the kept connection, the request goes
   * out once more over a new one, if its method allows that. A request with its own connection goes out once: where the
   * caller asks for one, or `needsOwnConnection`. Each attempt carries the time that the gateway will wait.
   *
   * @param timeoutMs until the last byte of the answer
   * @throws UpstreamError
   */
  async send(message: UpstreamRequest, timeoutMs: number, connection: Connection = 'kept'): Promise<UpstreamResponse> {
    if (connection === 'own' || needsOwnConnection(message)) return this.#exchange(message, timeoutMs, this.#own);
    const deadlineAtMs = performance.now() + timeoutMs;
    this.#dropIdleConnections();
    try {
      return await this.#exchange(message, timeoutMs, this.#kept);
    } catch (error) {
      if (!(error instanceof ConnectionError && error.kept) || !isIdempotent(message.method)) throw error;
      return this.#exchange(message, deadlineAtMs - performance.now(), this.#own);
    }
  }

  close(): void {
    this.#kept.destroy();
    this.#own.destroy();
  }

  /** The agent's own timers stop while the instance is frozen, and the server closes connections meanwhile. */
  #dropIdleConnections(): void {
    if (this.#clock() - this.#answeredAtMs < IDLE_CONNECTION_MS) return;
    for (const socket of Object.values(this.#kept.freeSockets).flat()) socket?.destroy();
  }

  #exchange(message: UpstreamRequest, timeoutMs: number, agent: HttpAgent | HttpsAgent): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      if (timeoutMs < 1) return reject(new UpstreamError('timeout', 'no time is left to send the request in'));
      let answer: IncomingMessage | undefined;
      let interim = 0;
      const outgoing = this.#request({
        ...this.#address,
        method: message.method,
        path: message.target,
        headers: fieldsOf(message, timeoutMs),
        agent,
        maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      });
      // With a limit, Node silently drops further fields.
      outgoing.maxHeadersCount = 0;
      const fail = (error: Error) => {
        clearTimeout(timer);
        const unsent = body.isBeingSent() || isCutUnread(message.body, answer);
        const facts = { kept: outgoing.reusedSocket, answered: answer !== undefined, unsent };
        outgoing.destroy();
        reject(asUpstreamError(error, facts));
      };
      const timer = setTimeout(() => fail(timeoutError(timeoutMs, answer?.headers['content-type'])), timeoutMs);
      outgoing.on('error', fail);
      outgoing.on('information', () => {
        interim += 1;
        if (interim > MAX_INTERIM) fail(new UpstreamError('unreachable', 'interim answers and no end of them'));
      });
      // Node reports an upgrade by its own event, and then no longer manages the connection.
      outgoing.on('upgrade', (_, socket) => {
        socket.destroy();
        fail(new UpstreamError('unreachable', 'the upstream switches protocols, which nobody asked for'));
      });
      outgoing.on('response', (incoming) => {
        answer = incoming;
        const isLast = agent === this.#own || mayLeaveUnread(body.isBeingSent(), message.body, incoming.statusCode);
        const done = (response: UpstreamResponse) => {
          clearTimeout(timer);
          if (agent === this.#kept) this.#answeredAtMs = this.#clock();
          // The socket, because Node treats the request as destroyed as soon as its answer has ended.
          if (isLast) outgoing.socket?.destroy();
          resolve(response);
        };
        readAnswer(incoming, message.method, done, fail);
      });
      const body = sendBody(outgoing, message.body);
    });
  }
}

/**
 * Many servers do not read the body of a method that gives it no meaning, and take it for the next request. Some send a body
 * after HEAD, which would be the next answer. Such a connection must not carry other requests (RFC 9112 §9.3, §11.2).
 */
function needsOwnConnection({ method, body }: UpstreamRequest): boolean {
  return method === 'HEAD' || (hasBytes(body) && !METHODS_WITH_BODY.has(method));
}

/** Whether the answer may precede the reading of the body: an answer during the sending does, an error status may. */
function mayLeaveUnread(isBeingSent: boolean, body: Buffer | undefined, status = 0): boolean {
  return isBeingSent || (hasBytes(body) && status >= 400);
}

/**
 * Whether a reset at the end of the answer means that the upstream had not read the body. A server that closes with unread
 * data resets (RFC 1122 §4.2.2.13), and the closing ends an answer without a length. Node's server answers like this when
 * its parser refuses a request. A 5xx remains a failure of the upstream.
 */
function isCutUnread(body: Buffer | undefined, answer: IncomingMessage | undefined): boolean {
  return hasBytes(body) && answer !== undefined && (answer.statusCode ?? 0) < 500 && endsWithItsConnection(answer);
}

/** A body always has its length, so that Node sends no chunks; a method without a body has none. */
function fieldsOf({ method, headers, body }: UpstreamRequest, timeoutMs: number): Record<string, string> {
  const fields: Record<string, string> = { ...headers, [DEADLINE_HEADER]: String(Math.floor(timeoutMs)) };
  if (body !== undefined || METHODS_WITH_BODY.has(method)) fields['content-length'] = String(body?.length ?? 0);
  return fields;
}
