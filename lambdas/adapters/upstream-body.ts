import type { ClientRequest } from 'node:http';

/** How far the sending of a body has come. */
export interface SentBody {
  /** Whether there is a connection, and a part of the body has not been handed to the system yet. */
  isBeingSent(): boolean;
}

const NOTHING: SentBody = { isBeingSent: () => false };

/** Sends a body, and ends the request with it. */
export function sendBody(outgoing: ClientRequest, body: Buffer | undefined): SentBody {
  if (body === undefined || body.length === 0) {
    outgoing.end();
    return NOTHING;
  }
  let isConnected = false;
  let isSent = false;
  outgoing.once('socket', (socket) => {
    isConnected = outgoing.reusedSocket;
    // With TLS a connection is one after the handshake: an upstream that ends it there has refused nobody's body.
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
