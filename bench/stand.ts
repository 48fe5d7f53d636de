import { join } from 'node:path';
import { ANY_JWT } from '../lambdas/contract/auth/auth-policy.ts';
import type { AuthorizerConfig } from '../lambdas/contract/auth/authorizer-config.ts';
import { Env } from '../lambdas/contract/environment.ts';
import { issuerConfig } from '../test/support/auth/authorizer.ts';
import { AUDIENCE, createKey, ISSUER, type TestKey } from '../test/support/auth/tokens.ts';
import { startTable } from '../test/support/aws/dynamodb.ts';
import { documentVariables } from '../test/support/documents.ts';
import { ALICE, proxyEvent } from '../test/support/event.ts';
import { servicePolicy, windowLimit } from '../test/support/policy.ts';
import { startRedis } from '../test/support/redis/redis.ts';
import { serveHttp } from '../test/support/upstreams/upstream.ts';
import { type Service, startService } from './child.ts';

export { AUDIENCE, ISSUER };

/** More than a benchmark sends: every request is counted and none refused. */
export const LIMIT = { limit: 100_000, windowMs: 60_000 };

/** What the functions and their peers talk to: real servers on this machine. */
export interface Stand {
  readonly redisUrl: string;
  readonly jwksUrl: string;
  readonly upstream: Service;
  readonly keys: { readonly RS256: TestKey; readonly ES256: TestKey };
  /** Environment of the authorizer function, whose table has what it put there before. */
  readonly authorizer: Readonly<Record<string, string>>;
  /** The same with a table that keeps nothing, so that every process has to ask the issuer. */
  readonly forgetfulAuthorizer: Readonly<Record<string, string>>;
  /** The same with a table that refuses connections. */
  readonly tablelessAuthorizer: Readonly<Record<string, string>>;
  /** Environment of a proxy function. */
  readonly proxy: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startStand(): Promise<Stand> {
  const [redis, table, rs, es, upstream] = await Promise.all([
    startRedis(),
    startTable(),
    createKey('rs', 'RS256'),
    createKey('es', 'ES256'),
    startService(join(import.meta.dirname, 'cpu', 'upstream.ts'), {}),
  ]);
  const jwks = await serveHttp((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [rs.jwk, es.jwk] }));
  });
  const emptyTable = await serveHttp((_, response) => response.end('{}'));
  const jwksUrl = `${jwks.url}/.well-known/jwks.json`;
  const upstreamUrl = `http://127.0.0.1:${upstream.port}`;
  // One folder for both functions: a table of CPU runs them in one process, which knows one folder of code.
  const documents = documentVariables({
    authorizer: authorizerConfig(jwksUrl),
    service: servicePolicy({
      upstream: upstreamUrl,
      default: { auth: ANY_JWT, limits: [windowLimit(LIMIT.limit, LIMIT.windowMs)], cost: 1 },
    }),
  });
  const authorizer = { ...documents, [Env.table]: table.name };
  return {
    redisUrl: redis.url,
    jwksUrl,
    upstream,
    keys: { RS256: rs, ES256: es },
    authorizer: { ...authorizer, ...lambdaVariables(table.endpoint) },
    forgetfulAuthorizer: { ...authorizer, ...lambdaVariables(emptyTable.url) },
    tablelessAuthorizer: { ...authorizer, ...lambdaVariables('http://127.0.0.1:1') },
    proxy: {
      ...documents,
      [Env.table]: table.name,
      [Env.redisUrl]: redis.url,
      ...lambdaVariables(table.endpoint),
    },
    stop: async () => {
      await Promise.all([redis.stop(), table.stop(), emptyTable.stop(), upstream.stop(), jwks.stop()]);
    },
  };
}

function authorizerConfig(jwksUri: string): AuthorizerConfig {
  return {
    gateway: 'test',
    rejections: 'explained',
    issuers: [issuerConfig({ jwksUri })],
    claims: [],
    policies: [ANY_JWT],
    services: { '/api/users': 0 },
    routes: {},
  };
}

/** What Lambda itself sets, as far as the functions or the AWS SDK read it. */
export function lambdaVariables(dynamoUrl: string): Readonly<Record<string, string>> {
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SESSION_TOKEN: 'bench',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoUrl,
  };
}

/** The event that API Gateway sends to a proxy function. */
export function forwardedEvent(): string {
  return JSON.stringify(proxyEvent({ verdict: ALICE }));
}
