import type { IncomingHttpHeaders, RequestListener } from 'node:http';

/**
 * The names that lead to this machine everywhere. A page whose own name leads here as well (DNS rebinding) sends that
 * name as `Host`, and its browser would let it read all answers.
 */
const LOCAL_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

export interface LocalOnlyOptions {
  /** Further names that `Host` may have, in lower case. @default - none */
  readonly names?: readonly string[];
  /** True: pages of every site may send requests, as to an API. @default false */
  readonly anyOrigin?: boolean;
}

/** Puts the check of `Host` and `Origin` before a server's listener: what is refused gets 403 and the reason. */
export function localOnly(listener: RequestListener, options: LocalOnlyOptions = {}): RequestListener {
  return (incoming, outgoing) => {
    const reason = refusal(incoming.headers, options);
    if (reason === undefined) return listener(incoming, outgoing);
    const body = JSON.stringify({ message: reason });
    outgoing.writeHead(403, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    outgoing.end(body);
  };
}

function refusal({ host = '', origin }: IncomingHttpHeaders, options: LocalOnlyOptions): string | undefined {
  const { names = [], anyOrigin = false } = options;
  const name = host.toLowerCase().replace(/:\d*$/, '');
  if (!LOCAL_NAMES.includes(name) && !names.includes(name)) {
    return `Host must be 127.0.0.1, localhost or [::1], got ${JSON.stringify(host)}${anyOrigin ? ': npm start -- --host NAME adds a name' : ''}`;
  }
  if (anyOrigin || origin === undefined || origin === `http://${host}`) return undefined;
  return `pages of other sites are not served here, got Origin ${JSON.stringify(origin)}`;
}
