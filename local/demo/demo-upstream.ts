import { isUtf8 } from 'node:buffer';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { localOnly } from '../http/local-only.ts';
import { closeServer, listen } from '../http/server.ts';

export interface DemoUpstream {
  readonly url: string;
  close(): Promise<void>;
}

/** Upper bounds of `/delay/n` and `/bytes/n`. */
const DELAY_LIMIT_MS = 60_000;
const BYTES_LIMIT = 64 * 1024 * 1024;

/** Demo upstream of a service: answers as JSON what it received, and fails or waits when the path says so. */
export async function startUpstream(service: string): Promise<DemoUpstream> {
  const answer: RequestListener = (incoming, outgoing) => {
    respond(service, incoming, outgoing).catch(() => outgoing.destroy());
  };
  // The gateway forwards the Origin of its clients.
  const server = createServer({ keepAliveTimeout: 60_000 }, localOnly(answer, { anyOrigin: true }));
  return {
    url: `http://127.0.0.1:${await listen(server)}`,
    close: () => closeServer(server),
  };
}

async function respond(service: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readAll(incoming);
  const { path } = targetOf(incoming);
  const [, word, number] = /^\/(status|delay|bytes|reset|garbage)(?:\/(\d+))?$/.exec(path) ?? [];
  switch (word) {
    case 'status':
      return sendJson(outgoing, statusOf(Number(number)), echo(service, incoming, body));
    case 'delay':
      await sleep(Math.min(Number(number), DELAY_LIMIT_MS));
      return sendJson(outgoing, 200, echo(service, incoming, body));
    case 'bytes':
      outgoing.writeHead(200, { 'content-type': 'application/octet-stream' });
      outgoing.end(Buffer.alloc(Math.min(Number(number), BYTES_LIMIT), 'x'));
      return;
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    case 'garbage':
      incoming.socket.end('this is no HTTP\r\n\r\n');
      return;
    default:
      return sendJson(outgoing, 200, echo(service, incoming, body));
  }
}

/** The request as received. A repeated header is a list. */
function echo(service: string, incoming: IncomingMessage, body: Buffer): object {
  const { path, query: parameters } = targetOf(incoming);
  const query = [...new Set(parameters.keys())].map((name) => [name, single(parameters.getAll(name))]);
  const headers = Object.entries(incoming.headersDistinct).map(([name, values]) => [name, single(values ?? [])]);
  return {
    service,
    method: incoming.method,
    path,
    query: Object.fromEntries(query),
    headers: Object.fromEntries(headers),
    ...(isUtf8(body) ? { body: body.toString() } : { bodyBase64: body.toString('base64') }),
  };
}

/** Path and query as sent: `URL` reads a path that begins with two slashes as a host. */
function targetOf({ url = '/' }: IncomingMessage): { readonly path: string; readonly query: URLSearchParams } {
  const [path = ''] = url.split('?', 1);
  return { path, query: new URLSearchParams(url.slice(path.length)) };
}

function single(values: readonly string[]): string | readonly string[] | undefined {
  return values.length > 1 ? values : values[0];
}

/** Informational and unknown codes cannot be a final response. */
function statusOf(code: number): number {
  return code >= 200 && code <= 599 ? code : 200;
}

function sendJson(outgoing: ServerResponse, status: number, value: object): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value, null, 2)}\n`);
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
