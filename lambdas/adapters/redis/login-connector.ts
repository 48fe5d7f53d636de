import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';

/** The user of a connection. */
export interface RedisLogin {
  readonly user: string;
  /** Called for each connection. */
  readonly password: () => Promise<string>;
}

/** The options of a connection, as ioredis passes them. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls?: ConnectionOptions;
  /** Milliseconds for the connection and the login together. */
  readonly connectTimeout: number;
  readonly disconnectTimeout: number;
}

/** The longest first line of an answer to AUTH that is read. */
const REPLY_BYTES = 512;

/**
 * Connections that are logged in before ioredis gets them.
 *
 * ioredis takes the password from its options before it opens a connection, at once, and a Cluster copies the options for
 * the connections of its own: one to each node and one for each look at the slots. A token is signed asynchronously and
 * must be fresh for each of them, so it cannot lie there. ioredis' option `Connector` is asked by all of them, each time:
 * this one signs while the connection is made, and says AUTH itself, for the one round trip that ioredis would take.
 */
export function loginConnector({ user, password }: RedisLogin) {
  return class extends AbstractConnector {
    readonly #target: Target;

    constructor(options: unknown) {
      const target = options as Target;
      super(target.disconnectTimeout);
      this.#target = target;
    }

    /** Always resolves: ioredis tries again when a connection has closed, and never when its connector has failed. */
    override async connect(): Promise<Socket> {
      const { host, port, tls, connectTimeout } = this.#target;
      this.connecting = true;
      const socket = tls ? connectTls({ host, port, ...tls }) : connectTcp({ host, port });
      this.stream = socket;
      const timer = setTimeout(() => socket.destroy(new Error('connect ETIMEDOUT')), connectTimeout);
      try {
        const lost = closed(socket);
        const [token] = await Promise.race([lost, Promise.all([password(), opened(socket, tls)])]);
        await Promise.race([lost, authenticate(socket, user, token)]);
      } catch (error) {
        // A caller that disconnects meanwhile gets no error.
        if (this.connecting) this.firstError = error as Error;
        else delete this.firstError;
        socket.destroy();
      }
      clearTimeout(timer);
      return socket;
    }
  };
}

/** Rejects when the connection closes. */
function closed(socket: Socket): Promise<never> {
  const lost = new Promise<never>((_, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection closed before the login')));
  });
  // Nothing listens any more when it closes later.
  lost.catch(() => undefined);
  return lost;
}

function opened(socket: Socket, tls: ConnectionOptions | undefined): Promise<void> {
  return new Promise((resolve) => socket.once(tls ? 'secureConnect' : 'connect', () => resolve()));
}

/** @throws Error with the words of a server that refuses */
async function authenticate(socket: Socket, user: string, token: string): Promise<void> {
  const reply = firstLine(socket);
  const words = ['AUTH', user, token].map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  socket.write(`*${words.length}\r\n${words.join('')}`);
  const line = await reply;
  if (line !== '+OK') throw new Error(`the login as ${user} was refused: ${line}`);
}

function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', function read(chunk) {
      text += chunk.toString('latin1');
      if (!text.includes('\n') && text.length < REPLY_BYTES) return;
      socket.off('data', read);
      resolve(text.slice(0, REPLY_BYTES).split('\r\n', 1)[0] ?? '');
    });
  });
}
