import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request,
} from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Public, and without an upstream. */
export const HEALTH_PATH = '/health';
/** API Gateway ends an integration at 30 s. */
const TIMEOUT_MS = 35_000;
/** Bytes of an answer's body that are kept: the gateway's own bodies are shorter. */
const KEPT_BYTES = 64 * 1024;
/** Bytes of a body in one write. */
const PIECE_BYTES = 64 * 1024;
const MAX_SOCKETS = 20;

export interface ProbeRequest {
  readonly method?: string;
  /** Sent as it is: neither decoded nor normalized. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request to the gateway. @throws if no answer comes */
export type Probe = (request: ProbeRequest) => Promise<ProbeAnswer>;

export function createProbe(url: URL, signal: AbortSignal): Probe & { close(): void } {
  const isSecure = url.protocol === 'https:';
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const base = { hostname: url.hostname, port: url.port, agent, signal };
  const probe: Probe = ({ method = 'GET', path, headers = {}, body }) =>
    exchange(isSecure ? secureRequest : request, { ...base, method, path, headers: withLength(headers, body) }, body);
  return Object.assign(probe, { close: () => agent.destroy() });
}

function withLength(headers: Readonly<Record<string, string>>, body: Buffer | undefined): Record<string, string> {
  return { 'user-agent': 'tollgate-verify', ...headers, ...(body && { 'content-length': String(body.length) }) };
}

function exchange(send: typeof request, options: RequestOptions, body: Buffer | undefined): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = send(options);
    const timer = setTimeout(() => outgoing.destroy(new Error('no answer within 35 s')), TIMEOUT_MS);
    const settle = (done: () => void) => {
      clearTimeout(timer);
      done();
    };
    const writing = new AbortController();
    outgoing.once('response', (incoming) => {
      writing.abort();
      answerOf(incoming)
        .then(
          (answer) => settle(() => resolve(answer)),
          (error) => settle(() => reject(error)),
        )
        // After an early refusal a part of the body is unsent: no other request may use the connection.
        .finally(() => outgoing.writableFinished || outgoing.destroy());
    });
    outgoing.on('error', (error) => settle(() => reject(error)));
    void write(outgoing, body, writing.signal);
  });
}

/**
 * API Gateway may refuse a body before it has read it, and then reset the connection. Between two pieces Node reads
 * from the connection. So it sees the refusal before a further write fails.
 */
async function write(outgoing: ClientRequest, body: Buffer | undefined, signal: AbortSignal): Promise<void> {
  for (let from = 0; body !== undefined && from < body.length; from += PIECE_BYTES) {
    await new Promise((written) => outgoing.write(body.subarray(from, from + PIECE_BYTES), written));
    await nextTurn();
    if (signal.aborted || outgoing.destroyed) return;
  }
  outgoing.end();
}

async function answerOf(incoming: IncomingMessage): Promise<ProbeAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    if (size < KEPT_BYTES) chunks.push(chunk);
    size += chunk.length;
  }
  const body = Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString();
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
}

/** A field of a JSON body; undefined for any other body. */
export function bodyField({ body }: Pick<ProbeAnswer, 'body'>, name: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined;
  }
}

/** `401 invalid_token`, `401 {"message":"Unauthorized"}` or the status alone: nothing else of a body is reported. */
export function answerInWords(answer: Pick<ProbeAnswer, 'status' | 'body'>): string {
  const code = bodyField(answer, 'code');
  if (typeof code === 'string' && /^[a-z_]{1,40}$/.test(code)) return `${answer.status} ${code}`;
  const message = bodyField(answer, 'message');
  if (typeof message === 'string' && /^[A-Za-z ]{1,40}$/.test(message)) return `${answer.status} "${message}"`;
  return String(answer.status);
}
