import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, and can lose what goes over the connections that it has. */
export interface TcpRelay {
  readonly port: number;
  /** From now on nothing goes over the present connections, and nobody is told; new ones work. */
  blackhole(): void;
  /** New connections lead to another server on this machine, as a name in DNS would after a failover. */
  leadTo(port: number): void;
  stop(): Promise<void>;
}

/** @param overhear called with what a client sends; `connection` counts from 0 */
export async function relayTo(
  port: number,
  overhear: (bytes: Buffer, connection: number) => void = () => undefined,
): Promise<TcpRelay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let target = port;
  // A half-closed connection stays open, as it does when the other side has vanished.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const connection = pairs.size;
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('data', (bytes: Buffer) => overhear(bytes, connection));
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
    leadTo: (next) => {
      target = next;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of [...pairs].flat()) socket.destroy();
      await closed;
    },
  };
}
