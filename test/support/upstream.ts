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

/** A server that does with each connection what the test says: for answers no HTTP server would give. */
export async function serveTcp(onConnection: (socket: Socket) => void): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  const listeningServer = await listening(server);
  return {
    ...listeningServer,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await listeningServer.stop();
    },
  };
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
