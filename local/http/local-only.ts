import type { IncomingHttpHeaders, RequestListener } from 'node:http';

/**
 * Names that mean this machine everywhere. By DNS rebinding another site's name can mean it, too. A page of that site
 * sends its own name as `Host`, and the browser would let it read all answers.
 */
const LOCAL_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

export interface LocalOnlyOptions {
  /** Further names that `Host` may have, in lower case. @default - none */
  readonly names?: readonly string[];
  /** True: pages of every site may send requests, as to an API. @default false */
  readonly anyOrigin?: boolean;
}

/** Checks `Host` and `Origin` before the listener; a refused request gets 403 and the reason. */
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
