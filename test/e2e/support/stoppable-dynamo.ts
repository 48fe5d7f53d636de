import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { DynamoStore } from '../../../local/stores/dynamo.ts';

/** DynamoDB that can be out of reach for a while, and then has what it had. */
export interface StoppableDynamo extends DynamoStore {
  /** From now on connections are refused, and those that there are end. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function stoppable(store: DynamoStore): Promise<StoppableDynamo> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const behind = connect(Number(new URL(store.url).port), '127.0.0.1');
    for (const socket of [client, behind]) keep(socket);
    client.pipe(behind).pipe(client);
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    createTables: (tables) => store.createTables(tables),
    stop,
    start: async () => {
      await listen(port);
    },
    close: async () => {
      await stop();
      await store.close();
    },
  };
}
