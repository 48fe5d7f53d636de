import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { certificate } from '../certificate.ts';

/** Fastify's `bodyLimit` where nobody says another. */
const BODY_LIMIT_BYTES = 1024 * 1024;
const REFUSAL = 'HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno';

/** Refuses by the announced length, says that it closes, and reads no byte of the body: as Fastify does. */
const likeFastify: RequestListener = (request, response) => {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) {
    response.writeHead(413, { connection: 'close' }).end('no');
    return;
  }
  request.resume().once('end', () => response.end(request.url));
};

/** Does something at the first bytes of a request, and reads no more of it. */
const atFirstBytes = (act: (socket: Socket) => void) =>
  createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.pause();
      act(socket);
    });
  });

const SERVERS = {
  fastify: createHttpServer(likeFastify),
  'fastify over TLS': createHttpsServer(await certificate(), likeFastify),
  resets: atFirstBytes((socket) => socket.write(REFUSAL, () => socket.resetAndDestroy())),
  closes: atFirstBytes((socket) => {
    socket.write(REFUSAL);
    socket.destroySoon();
  }),
  'resets within its answer': atFirstBytes((socket) =>
    socket.write(REFUSAL.slice(0, -1), () => socket.resetAndDestroy()),
  ),
};

export type EarlyAnswer = keyof typeof SERVERS;

const listening = Object.entries(SERVERS).map(
  ([name, server]) =>
    new Promise<[string, string]>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        resolve([name, `${name.includes('TLS') ? 'https' : 'http'}://127.0.0.1:${port}`]);
      });
    }),
);
process.send?.(Object.fromEntries(await Promise.all(listening)));
process.once('disconnect', () => process.exit());
