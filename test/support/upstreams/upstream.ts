import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface TestServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** An HTTP server on a real socket, on any free port unless told otherwise. */
export async function serveHttp(listener: RequestListener, port = 0): Promise<TestServer> {
  return listening(createServer(listener), port);
}

export interface TcpTestServer extends TestServer {
  /** All that there have been, in their order. */
  readonly connections: readonly Socket[];
  /** Fulfilled when none of them is open any more: this end has seen the other one close. */
  allClosed(): Promise<void>;
}

/** A server that does with its n-th connection what the test says: for answers no HTTP server would give. */
export async function serveTcp(onConnection: (socket: Socket, index: number) => void): Promise<TcpTestServer> {
  const connections: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    closed.push(new Promise((resolve) => socket.once('close', resolve)));
    connections.push(socket);
    onConnection(socket, connections.length - 1);
  });
  const listeningServer = await listening(server);
  return {
    ...listeningServer,
    connections,
    allClosed: async () => {
      await Promise.all(closed);
    },
    stop: async () => {
      for (const socket of connections) socket.destroy();
      await listeningServer.stop();
    },
  };
}

/** Sends a text over and over, as fast as it is read. */
export function flood(socket: Socket, text: string): void {
  const bytes = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  const pour = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', pour);
  pour();
}

/** Sends a text over and over until it was so many bytes, as fast as it is read. */
export async function pour(socket: Socket, text: string, size: number): Promise<void> {
  const bytes = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  for (let sent = 0; sent < size; sent += bytes.length) {
    if (!socket.write(bytes)) await once(socket, 'drain');
  }
}

/** Sends on and on, slowly, until the connection is closed. */
export function trickle(socket: Socket, start: string, drop: string): void {
  socket.write(start);
  const timer = setInterval(() => socket.write(drop), 10);
  socket.on('close', () => clearInterval(timer));
}

export interface EchoedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers with what it received; `received` counts the requests. */
export async function serveEcho(): Promise<TestServer & { readonly received: EchoedRequest[] }> {
  const received: EchoedRequest[] = [];
  const server = await serveHttp(async (request, response) => {
    const body = (await buffer(request)).toString('base64');
    const echo = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    received.push(echo);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(echo));
  });
  return { ...server, received };
}

async function listening(server: Server | TcpServer, wanted = 0): Promise<TestServer> {
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
