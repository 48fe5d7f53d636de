import { type Agent, type ClientRequest, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface BoundedRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** False: a new connection, which the server cannot have closed meanwhile. */
  readonly agent: Agent | false;
  /** For connecting and reading the whole answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface BoundedAnswer {
  readonly status: number;
  readonly body: string;
}

/** Whether nobody on the network can change the messages: over TLS, or within this machine. */
export function isProtected({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** There was no whole answer within time and size. */
export class ExchangeFailed extends Error {
  readonly code = 'exchange_failed';
  /** True: a kept connection failed before any answer, so a new attempt may succeed. */
  readonly stale: boolean;

  constructor(message: string, { cause, stale = false }: { readonly cause?: unknown; readonly stale?: boolean } = {}) {
    super(message, { cause });
    this.name = 'ExchangeFailed';
    this.stale = stale;
  }
}

/**
 * One request and its answer, bounded in time and size; redirects are answers like others. Not `fetch`, whose first use
 * costs a cold start some 50 ms.
 *
 * @throws ExchangeFailed
 */
export function exchange(url: URL, options: BoundedRequest): Promise<BoundedAnswer> {
  const { method, headers, body, agent, timeoutMs, maxBytes } = options;
  return new Promise((resolve, reject) => {
    let answering = false;
    const fail = (reason: string, cause?: unknown) => {
      clearTimeout(timer);
      request.destroy();
      const stale = request.reusedSocket && !answering && cause !== undefined;
      reject(new ExchangeFailed(`${url.host} ${reason}`, { cause, stale }));
    };
    const request: ClientRequest = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, {
      method,
      headers,
      agent,
    });
    // After the request was made: an invalid one throws, and would leave the timer.
    const timer = setTimeout(() => fail(`gave no whole answer within ${timeoutMs} ms`), timeoutMs);
    request.on('error', (error) => fail('cannot be reached', error));
    request.on('response', (response) => {
      answering = true;
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
