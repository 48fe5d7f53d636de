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
  /** Path and query as they go onto the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Whether a request may go out on a connection kept from earlier ones, or gets one of its own. */
export type Connection = 'kept' | 'own';

/**
 * Whether a message can be written as HTTP/1.1 at all: Node refuses, for example, a control character in a field. Asked
 * before anything is promised to a circuit or an upstream. A method in small letters is another method (RFC 9110 §9.1),
 * and Node would write it in capitals: `post` must not become a POST whose policy was not checked. CONNECT opens a tunnel.
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

/** A connection idle for longer is closed: many servers close theirs after 5 s, and a closed one resets a request. */
const IDLE_CONNECTION_MS = 4000;

/** Interim answers (1xx) to one request: one that reports its progress every second needs fewer. */
const MAX_INTERIM = 100;

/** Methods whose body has a meaning. A request of theirs without one says that it is empty (RFC 9110 §8.6). */
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
  /** When the last answer on a kept connection had been read: none that is idle is younger. */
  #answeredAtMs = 0;

  /** @param clock epoch milliseconds: they go on while Lambda holds the instance frozen, timers do not */
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
   * Sends one request and reads the whole answer. A request on a kept connection that the server has meanwhile closed
   * goes out once more, if its method allows that, over a new one. A request with a connection of its own goes out once:
   * where the caller asks for one, or `needsOwnConnection`. Each attempt tells the upstream how long the gateway will wait.
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

  /** The agent's own timers stand still while the instance is frozen, and the server closes connections meanwhile. */
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
      // Of more fields than this says Node hands over a part, as if there were no others.
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
      // Told apart from other answers by Node, which then leaves the connection to nobody.
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
          // The socket and not the request, which Node takes for destroyed as soon as its answer has ended.
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
 * Many servers leave a body unread that its method gives no meaning, and read it as the next request. Some send a body
 * after HEAD, which would be the next answer. Such a connection must not carry requests of others (RFC 9112 §9.3, §11.2).
 */
function needsOwnConnection({ method, body }: UpstreamRequest): boolean {
  return method === 'HEAD' || (hasBytes(body) && !METHODS_WITH_BODY.has(method));
}

/** Whether the answer may have come before the body was read: while that was being sent it has, and an error may have. */
function mayLeaveUnread(isBeingSent: boolean, body: Buffer | undefined, status = 0): boolean {
  return isBeingSent || (hasBytes(body) && status >= 400);
}

/**
 * Whether a reset, if one ends the answer, says that the upstream had not read the body: a server that closes with unread
 * data resets (RFC 1122 §4.2.2.13), and an answer without a length ends by the closing. Node's server answers so where its
 * parser refuses a request. A 5xx remains a failure of the upstream.
 */
function isCutUnread(body: Buffer | undefined, answer: IncomingMessage | undefined): boolean {
  return hasBytes(body) && answer !== undefined && (answer.statusCode ?? 0) < 500 && endsWithItsConnection(answer);
}

/** A body's length is always said, so that nothing goes out chunked; where a method implies none, nothing is said. */
function fieldsOf({ method, headers, body }: UpstreamRequest, timeoutMs: number): Record<string, string> {
  const fields: Record<string, string> = { ...headers, [DEADLINE_HEADER]: String(Math.floor(timeoutMs)) };
  if (body !== undefined || METHODS_WITH_BODY.has(method)) fields['content-length'] = String(body?.length ?? 0);
  return fields;
}
