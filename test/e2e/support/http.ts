import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  json(): any;
}

export interface Message {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer | string;
  /** An address of this machine to send from. */
  readonly localAddress?: string;
}

/** Sends a request with the path exactly as it is given: `fetch` would resolve dot segments. */
export function send(
  url: string,
  path: string,
  { method = 'GET', token, headers, body, localAddress }: Message = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method, ...(localAddress !== undefined && { localAddress }) };
    const outgoing = request({ ...options, headers: { ...authorization, ...headers } });
    outgoing.once('error', reject);
    outgoing.once('response', async (incoming) => {
      try {
        const content = await buffer(incoming);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: content,
          json: () => JSON.parse(content.toString()),
        });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.end(body);
  });
}

/** Writes these characters, a byte each, over a connection of its own and gives all that comes back until the server closes. */
export async function sendBytes(url: string, bytes: string): Promise<string> {
  const socket = open(url);
  socket.write(bytes, 'latin1');
  return (await buffer(socket)).toString('latin1');
}

/** A connection that the test does with what clients should not. */
export function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port) });
}
