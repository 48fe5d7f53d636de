import { ApiKeyLookup } from '../adapters/auth/api-key-lookup.ts';
import { IssuerKeys } from '../adapters/auth/issuer-keys.ts';
import { KeyRecordStore } from '../adapters/auth/key-record-store.ts';
import { RevocationMark } from '../adapters/auth/revocation-mark.ts';
import { readDocument } from '../adapters/read-document.ts';
import { signedTable } from '../adapters/table/signed-table.ts';
import { authorizerConfig } from '../contract/auth/authorizer-config.ts';
import { Env } from '../contract/environment.ts';
import { ApiKeyVerifier } from './api-key-verifier.ts';
import { createAuthorizer } from './authorize.ts';
import { JwtVerifier } from './jwt-verifier.ts';
import { RememberingVerifier } from './remembering-verifier.ts';
import { VerifiedCredentials } from './verified-credentials.ts';

/** API Gateway waits 10 s for the authorizer, which may have to ask an issuer as well. */
const TABLE_TIMEOUT_MS = 1000;

const config = readDocument('authorizer', authorizerConfig);
const { gateway, claims } = config;
const clock = Date.now;

const client = signedTable({
  table: process.env[Env.table] ?? '',
  env: process.env,
  clock,
  timeoutMs: TABLE_TIMEOUT_MS,
});
const store = new KeyRecordStore(client, gateway);
const mark = new RevocationMark({ client, gateway, clock });

const remembered = new VerifiedCredentials();
const onWithdrawn = () => remembered.clear();

const jwts = new JwtVerifier({
  issuers: config.issuers,
  claims,
  keysOf: ({ issuer, jwksUri }) => new IssuerKeys({ issuer, jwksUri, store, clock, onWithdrawn }).keyFor,
});
const apiKeys = new ApiKeyVerifier({ keys: new ApiKeyLookup(client, gateway), claims });

const remembering = { remembered, revoked: () => mark.changed() };

export const handler = createAuthorizer({
  config,
  verifiers: {
    jwt: new RememberingVerifier(jwts, remembering),
    apiKey: new RememberingVerifier(apiKeys, remembering),
  },
  clock,
});
