import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, and can lose what goes over the connections that it has. */
export interface TcpRelay {
  readonly port: number;
  /** From now on nothing goes over the present connections, and nobody is told; new ones work. */
  blackhole(): void;
  stop(): Promise<void>;
}

export async function relayTo(port: number): Promise<TcpRelay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  // A half-closed connection stays open, as it does when the other side has vanished.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.pipe(upstream).pipe(client);
    pairs.add([client, upstream]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    blackhole: () => {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
        client.resume();
        upstream.resume();
      }
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of [...pairs].flat()) socket.destroy();
      await closed;
    },
  };
}
