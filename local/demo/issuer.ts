import { createServer, type RequestListener } from 'node:http';
import type { Algorithm } from '../../lambdas/contract/auth/authorizer-config.ts';
import { localOnly } from '../http/local-only.ts';
import { closeServer, listen } from '../http/server.ts';
import { publicKeys } from './keys.ts';

export interface DemoIssuers {
  readonly url: string;
  /** Address of an issuer's keys. The issuer's name stays as in the template. */
  jwksUriOf(issuer: string): string;
  close(): Promise<void>;
}

/** The algorithms of an issuer's tokens; undefined for an unknown issuer. */
export type AlgorithmsOf = (issuer: string) => readonly Algorithm[] | undefined;

/** Serves each issuer's keys and configuration (OpenID Connect Discovery 1.0 §4) under a path of its own. */
export async function startIssuers(stateDir: string, algorithmsOf: AlgorithmsOf): Promise<DemoIssuers> {
  const documentAt = async (path: string): Promise<object | undefined> => {
    const [, encoded = '', name] = /^\/([^/]+)\/(jwks\.json|\.well-known\/openid-configuration)$/.exec(path) ?? [];
    const issuer = decodeURIComponent(encoded);
    const algorithms = algorithmsOf(issuer);
    if (algorithms === undefined) return undefined;
    if (name === 'jwks.json') return publicKeys(stateDir, issuer, algorithms);
    return { issuer, jwks_uri: jwksUriOf(issuer), id_token_signing_alg_values_supported: algorithms };
  };
  const answer: RequestListener = async (incoming, outgoing) => {
    try {
      const document = await documentAt(incoming.url ?? '');
      if (document === undefined) return outgoing.writeHead(404).end();
      const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=300' };
      outgoing.writeHead(200, headers).end(JSON.stringify(document));
    } catch {
      outgoing.destroy();
    }
  };
  const server = createServer(localOnly(answer));
  const url = `http://127.0.0.1:${await listen(server)}`;
  const jwksUriOf = (issuer: string) => `${url}/${encodeURIComponent(issuer)}/jwks.json`;
  return { url, jwksUriOf, close: () => closeServer(server) };
}
