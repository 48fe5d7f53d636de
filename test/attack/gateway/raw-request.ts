import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawRequest {
  readonly method: string;
  /** As it goes onto the wire. */
  readonly target: string;
  /** Names and values as they go onto the wire. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly token?: string;
  readonly body?: string;
}

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly body: string;
}

/** Sends a request over a connection of its own: no client in between refuses it or mends it. */
export async function sendRaw(
  url: string,
  { method, target, fields = [], token, body }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  const all = [
    ['Host', host],
    ['Connection', 'close'],
    ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`]]),
    ...(body === undefined ? [] : [['Content-Length', String(body.length)]]),
    ...fields,
  ];
  const head = [`${method} ${target} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => (text += chunk));
  // What has come until then is the answer.
  socket.on('error', () => undefined);
  socket.write(`${head}\r\n\r\n${body ?? ''}`, 'latin1');
  await once(socket, 'close');
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
  return { status, body: text.slice(text.indexOf('\r\n\r\n') + 4) };
}
