import type { ClientRequest } from 'node:http';

export interface SentBody {
  /** Whether there is a connection, and the operating system does not have the whole body yet. */
  isBeingSent(): boolean;
}

const NOTHING: SentBody = { isBeingSent: () => false };

export function hasBytes(body: Buffer | undefined): body is Buffer {
  return body !== undefined && body.length > 0;
}

/** Sends a body and ends the request. */
export function sendBody(outgoing: ClientRequest, body: Buffer | undefined): SentBody {
  if (!hasBytes(body)) {
    outgoing.end();
    return NOTHING;
  }
  let isConnected = false;
  let isSent = false;
  outgoing.once('socket', (socket) => {
    isConnected = outgoing.reusedSocket;
    // With TLS, after the handshake: an upstream that closes earlier has not refused the body.
    const connected = 'encrypted' in socket ? 'secureConnect' : 'connect';
    if (!isConnected) socket.once(connected, () => (isConnected = true));
  });
  // Not `finish`, which Node emits after a failed write as well.
  outgoing.write(body, (error) => {
    isSent = !error;
  });
  outgoing.end();
  return { isBeingSent: () => isConnected && !isSent };
}
