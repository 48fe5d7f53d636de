import { type Agent, type ClientRequest, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface BoundedRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** False: the request opens a new connection and does not keep it. */
  readonly agent: Agent | false;
  /** For connecting and reading the whole answer. */
  readonly timeoutMs: number;
  /** For connecting and the beginning of the answer. @default timeoutMs */
  readonly beginsWithinMs?: number | undefined;
  readonly maxBytes: number;
}

export interface BoundedAnswer {
  readonly status: number;
  readonly body: string;
}

/** Whether the connection is protected against changes on the way: by TLS, or because it stays on this machine. */
export function isProtected({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** No answer came, or it was late or too large. */
export class ExchangeFailed extends Error {
  readonly code = 'exchange_failed';
  /** A kept connection had been closed, so the server has not seen the request. */
  readonly stale: boolean;
  /** The connection broke, or no answer began in time: another attempt may succeed. */
  readonly lost: boolean;

  constructor(message: string, options: { cause: unknown; stale: boolean; lost: boolean }) {
    super(message, { cause: options.cause });
    this.name = 'ExchangeFailed';
    this.stale = options.stale;
    this.lost = options.lost;
  }
}

/**
 * One request and its answer, bounded in time and size. It does not follow redirects. It does not use `fetch`, whose
 * first use makes a cold start some 50 ms longer.
 *
 * @throws ExchangeFailed
 */
export function exchange(url: URL, options: BoundedRequest): Promise<BoundedAnswer> {
  const { method, headers, body, agent, timeoutMs, beginsWithinMs, maxBytes } = options;
  return new Promise((resolve, reject) => {
    let answering = false;
    const fail = (reason: string, cause?: unknown, lost = cause !== undefined) => {
      clearTimeout(timer);
      clearTimeout(beginning);
      request.destroy();
      const stale = request.reusedSocket && !answering && cause !== undefined;
      reject(new ExchangeFailed(`${url.host} ${reason}`, { cause, stale, lost }));
    };
    const request: ClientRequest = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, {
      method,
      headers,
      agent,
    });
    // The timers start after the request exists, because making it may throw.
    const timer = setTimeout(() => fail(`gave no whole answer within ${timeoutMs} ms`), timeoutMs);
    const noBeginning = () => fail(`began no answer within ${beginsWithinMs} ms`, undefined, true);
    const beginning = beginsWithinMs === undefined ? undefined : setTimeout(noBeginning, beginsWithinMs);
    request.on('error', (error) => fail('cannot be reached', error));
    request.on('response', (response) => {
      answering = true;
      clearTimeout(beginning);
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', (error) => fail('broke off', error));
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) return fail(`sent more than ${maxBytes} bytes`);
        chunks.push(chunk);
      });
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end(body);
  });
}
