// The load generator: kept-alive connections over plain sockets, each with one request under way, so that it takes
// little of the machine and no HTTP client's habits are measured.
import { connect, type Socket } from 'node:net';

export interface LoadRequest {
  readonly port: number;
  readonly connections: number;
  readonly requests: number;
  readonly path: string;
  /** Used one after the other, round and round. */
  readonly tokens: readonly string[];
}

export interface LoadResult {
  readonly ms: number;
  /** How many answers there were, by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const HEADER_END = Buffer.from('\r\n\r\n');

async function load({ port, connections, requests, path, tokens }: LoadRequest): Promise<LoadResult> {
  const messages = tokens.map((token) =>
    Buffer.from(
      `GET ${path} HTTP/1.1\r\nhost: api.example.com\r\naccept: application/json\r\nuser-agent: bench\r\n` +
        `x-forwarded-for: 203.0.113.7\r\nx-forwarded-proto: https\r\nauthorization: Bearer ${token}\r\n\r\n`,
    ),
  );
  const statuses: Record<string, number> = {};
  let sent = 0;
  const next = () => (sent < requests ? messages[sent++ % messages.length] : undefined);
  const startedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: connections }, () =>
      converse(port, next, (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
      }),
    ),
  );
  return { ms: performance.now() - startedAtMs, statuses };
}

/** One connection: sends the next request when the answer to the last one is complete. */
function converse(port: number, next: () => Buffer | undefined, onStatus: (status: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    const send = () => {
      const message = next();
      if (message === undefined) return void socket.end(resolve);
      socket.write(message);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const length = answerLength(received);
      if (length === undefined || received.length < length) return;
      onStatus(received.toString('latin1', 9, 12));
      received = received.subarray(length);
      send();
    });
  });
}

/** Bytes of the whole answer at the start of `received`, once its header is there. */
function answerLength(received: Buffer): number | undefined {
  const headerEnd = received.indexOf(HEADER_END);
  if (headerEnd < 0) return undefined;
  const header = received.toString('latin1', 0, headerEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(header)?.[1];
  if (length === undefined) throw new Error(`an answer without its length:\n${header}`);
  return headerEnd + HEADER_END.length + Number(length);
}

process.on('message', (request: LoadRequest) => {
  load(request).then(
    (result) => process.send?.(result),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ port: 0 });
