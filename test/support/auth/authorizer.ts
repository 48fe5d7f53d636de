import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { IssuerKeys } from '../../../lambdas/adapters/auth/issuer-keys.ts';
import { KeyRecordStore } from '../../../lambdas/adapters/auth/key-record-store.ts';
import { signedTable } from '../../../lambdas/adapters/table/signed-table.ts';
import type { TableClient } from '../../../lambdas/adapters/table/table-client.ts';
import { JwtVerifier } from '../../../lambdas/authorizer/jwt-verifier.ts';
import { ISSUER_DEFAULTS, type IssuerConfig } from '../../../lambdas/contract/auth/authorizer-config.ts';
import type { TestTable } from '../aws/dynamodb.ts';
import { AUDIENCE, ISSUER } from './tokens.ts';

/** An issuer as the defaults make it; tests change what they are about. */
export function issuerConfig(changes: Partial<IssuerConfig> = {}): IssuerConfig {
  return {
    ...ISSUER_DEFAULTS,
    issuer: ISSUER,
    audience: [AUDIENCE],
    jwksUri: 'http://127.0.0.1:1/jwks.json',
    ...changes,
  };
}

/** A verifier with its layers of keys, as a new instance of the authorizer makes it. */
export function jwtVerifier({
  issuers,
  clock,
  table,
}: {
  readonly issuers: readonly IssuerConfig[];
  readonly clock: () => number;
  readonly table?: TestTable;
}): JwtVerifier {
  const store = table && new KeyRecordStore(tableClient(table, clock), 'test');
  return new JwtVerifier({
    issuers,
    claims: [],
    keysOf: ({ issuer, jwksUri }) => new IssuerKeys({ issuer, jwksUri, store, clock }).keyFor,
  });
}

export function tableClient({ endpoint, name }: TestTable, clock: () => number): TableClient {
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  };
  return signedTable({ table: name, env, clock, timeoutMs: 1000 });
}

/** What API Gateway asks an authorizer with. */
export function authorizerEvent(
  headers: Readonly<Record<string, string>>,
  routeKey = 'ANY /api/users/{proxy+}',
): APIGatewayRequestAuthorizerEventV2 {
  return {
    headers,
    routeKey,
    requestContext: { requestId: 'request-1' },
  } as unknown as APIGatewayRequestAuthorizerEventV2;
}
