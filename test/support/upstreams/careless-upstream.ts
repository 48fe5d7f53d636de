import type { Socket } from 'node:net';
import { serveTcp, type TcpTestServer } from './upstream.ts';

/** What such a server takes for a request. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Value of `x-user-id`. */
  readonly user: string | undefined;
}

/**
 * A server that leaves every body unread and keeps the connection, so that a body is read as the next request: as
 * Python's `BaseHTTPRequestHandler` does, whose handlers read bodies themselves. As that does it closes a connection
 * where the request says so. It answers with the target and the user, 404 where the target begins with `/missing`.
 */
export async function serveCareless(): Promise<TcpTestServer & { readonly seen: readonly SeenRequest[] }> {
  const seen: SeenRequest[] = [];
  const server = await serveTcp((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        if (!answer(socket, head, seen)) {
          socket.removeAllListeners('data').resume();
          return;
        }
      }
    });
  });
  return { ...server, seen };
}

/** @returns whether the connection goes on */
function answer(socket: Socket, head: string, seen: SeenRequest[]): boolean {
  const [, method = '', target = ''] = /^(\S+) (\S+)/.exec(head) ?? [];
  const user = /^x-user-id: *(.*)$/im.exec(head)?.[1];
  seen.push({ method, target, user });
  const body = method === 'HEAD' ? '' : `${target} ${user}`;
  const status = target.startsWith('/missing') ? '404 Not Found' : '200 OK';
  const isLast = /^connection: *close$/im.test(head);
  socket.write(
    `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${isLast ? 'connection: close\r\n' : ''}\r\n${body}`,
  );
  if (isLast) socket.end();
  return !isLast;
}
