import { createServer, type IncomingMessage, type RequestListener, Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { systemCode, UserError } from '../user-error.ts';
import { answer } from './answers.ts';
import type { Api } from './api.ts';
import { type LocalOnlyOptions, localOnly } from './local-only.ts';
import type { Headers, Request, Response } from './message.ts';
import { BODY_LIMIT_BYTES } from './payload-limits.ts';

/** Well over API Gateway's limit, so that clients get API Gateway's answer and not Node's. */
const PARSER_LIMIT_BYTES = 64 * 1024;
const PORT_OPTION = '--port';

export interface ApiServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface ServerOptions extends LocalOnlyOptions {
  /** The option that chooses the port; messages name it. @default '--port' */
  readonly option?: string;
  /** @default 10 MB */
  readonly bodyLimitBytes?: number;
}

/** Serves each request with the API that `api()` returns at that time. */
export async function serveApi(
  api: () => Api,
  port: number,
  { option = PORT_OPTION, bodyLimitBytes = BODY_LIMIT_BYTES, ...admitted }: ServerOptions = {},
): Promise<ApiServer> {
  const serve: RequestListener = (incoming, outgoing) => {
    handle(api(), incoming, outgoing, bodyLimitBytes).catch(() => outgoing.destroy());
  };
  const limits = { maxHeaderSize: PARSER_LIMIT_BYTES, keepAliveTimeout: 60_000 };
  const server = createServer(limits, localOnly(serve, admitted));
  // A client that closes its side after the request still gets its answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('clientError', refuseUnreadable);
  return { port: await listen(server, port, option), close: () => closeServer(server) };
}

/** @returns this port, or a free one for 0. @throws UserError if it is taken: better known before slower work begins */
export async function checkPort(port: number, option = PORT_OPTION): Promise<number> {
  const server = createServer();
  const free = await listen(server, port, option);
  await closeServer(server);
  return free;
}

/** @returns the port. @throws UserError if the port is taken */
export async function listen(server: Server, port = 0, option = PORT_OPTION): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(portError(port, option, cause)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Not a server's own `close`: dynalite's closes the database while it still answers requests. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    Server.prototype.close.call(server, () => resolve());
    server.closeAllConnections();
  });
}

function portError(port: number, option: string, cause: Error): Error {
  switch (systemCode(cause)) {
    case 'EADDRINUSE':
      return new UserError('port_busy', `port ${port} is in use: choose another one with ${option}`, { cause });
    case 'EACCES':
      return new UserError('port_denied', `port ${port} may not be used by this user: choose one from 1024 up`, {
        cause,
      });
    default:
      return cause;
  }
}

async function handle(
  api: Api,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  bodyLimitBytes: number,
): Promise<void> {
  const body = await readBody(incoming, bodyLimitBytes);
  if (body === 'aborted') return;
  const tooLarge = body === 'too-large';
  const request = { ...requestOf(incoming, tooLarge ? Buffer.alloc(0) : body), bodyTooLarge: tooLarge };
  write(outgoing, request.method, await api(request));
  // The rest of the request is read and dropped: closing the connection now would lose the answer.
  if (tooLarge) incoming.resume();
}

function requestOf(incoming: IncomingMessage, body: Buffer): Request {
  return {
    method: incoming.method ?? 'GET',
    target: originForm(incoming.url ?? '/'),
    protocol: `HTTP/${incoming.httpVersion}`,
    headers: headersOf(incoming),
    body,
    sourceIp: (incoming.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
  };
}

/** A proxy's client sends the whole address (RFC 9112 §3.2.2). */
function originForm(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/');
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.map((name, index) => [name, rawHeaders[index * 2 + 1] ?? '']);
}

async function readBody(incoming: IncomingMessage, limitBytes: number): Promise<Buffer | 'too-large' | 'aborted'> {
  if (Number(incoming.headers['content-length'] ?? 0) > limitBytes) return 'too-large';
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) return 'too-large';
      chunks.push(chunk);
    }
  } catch {
    return 'aborted';
  }
  return Buffer.concat(chunks);
}

function write(outgoing: ServerResponse, method: string, response: Response): void {
  const { status, headers, body } = writable(response) ? response : answer(500);
  const bodyless = status === 204 || status === 304;
  const length = bodyless ? [] : ['content-length', String(body.length)];
  outgoing.writeHead(status, [...headers.flat(), ...length]);
  outgoing.end(bodyless || method === 'HEAD' ? undefined : body);
}

/** A name or value that HTTP does not allow would throw while it is written. */
function writable({ headers }: Response): boolean {
  return headers.every(
    ([name, value]) => /^[!#$%&'*+.^`|~\w-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  );
}

function refuseUnreadable(error: Error, socket: Socket): void {
  if (!socket.writable) return;
  const { status, body } = answer(systemCode(error) === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
  const head = `HTTP/1.1 ${status} \r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close`;
  socket.end(`${head}\r\n\r\n${body.toString()}`);
}
