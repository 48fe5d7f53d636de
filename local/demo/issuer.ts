import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer, listen } from '../http/server.ts';
import { demoKeys, publicKeys } from './keys.ts';

export interface DemoIssuers {
  readonly url: string;
  /** Address of an issuer's keys; the issuer's own name stays what the template says. */
  jwksUriOf(issuer: string): string;
  close(): Promise<void>;
}

/** Serves the keys of every issuer, each under its own path. */
export async function startIssuers(stateDir: string): Promise<DemoIssuers> {
  const server = createServer(async (incoming, outgoing) => {
    const issuer = issuerIn(incoming.url ?? '');
    if (issuer === undefined) return outgoing.writeHead(404).end();
    const body = JSON.stringify(publicKeys(await demoKeys(stateDir, issuer)));
    outgoing.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=300' }).end(body);
  });
  await listen(server, 0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    jwksUriOf: (issuer) => `${url}/${encodeURIComponent(issuer)}/jwks.json`,
    close: () => closeServer(server),
  };
}

function issuerIn(path: string): string | undefined {
  const encoded = /^\/([^/]+)\/jwks\.json$/.exec(path)?.[1];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
}
