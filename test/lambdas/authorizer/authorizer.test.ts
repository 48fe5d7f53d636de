import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../../lambdas/authorizer/authorizer.ts';
import { createVerifier } from '../../../lambdas/authorizer/verify.ts';
import type { AuthorizerConfig, Rejections } from '../../../lambdas/contract/authorizer-config.ts';
import { captureLines } from '../../support/lines.ts';
import { freePort } from '../../support/redis.ts';
import { AUDIENCE, createKey, ISSUER, type TestKey } from '../../support/tokens.ts';
import { serveHttp, type TestServer } from '../../support/upstream.ts';

let keys: TestKey[];
let first: TestKey;
let issuer: TestServer;
let fetches = 0;

beforeAll(async () => {
  keys = [await createKey('es', 'ES256'), await createKey('rs', 'RS256'), await createKey('ed', 'EdDSA')];
  first = keys[0] as TestKey;
  issuer = await serveHttp((_, response) => {
    fetches += 1;
    response.end(JSON.stringify({ keys: keys.map((key) => key.jwk) }));
  });
});

afterAll(() => issuer.stop());

function configOf(changes: Partial<AuthorizerConfig['issuers'][number]> = {}): AuthorizerConfig {
  return {
    rejections: 'explained',
    issuers: [
      {
        issuer: ISSUER,
        audience: [AUDIENCE],
        jwksUri: issuer.url,
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        clockToleranceS: 5,
        ...changes,
      },
    ],
  };
}

function authorizerOf(config: AuthorizerConfig, { rejections = 'explained' as Rejections, clock = Date.now } = {}) {
  const authorizer = createAuthorizer(createVerifier(config, clock), rejections);
  return (authorization?: string) =>
    authorizer({
      headers: authorization === undefined ? {} : { authorization },
      requestContext: { requestId: 'request-1' },
    } as unknown as APIGatewayRequestAuthorizerEventV2);
}

const INVALID = {
  isAuthorized: true,
  context: { verdict: 'rejected', error: 'invalid_token', error_description: 'the token is not valid' },
};

describe('a token of the issuer', () => {
  it('is verified by the key that its kid names, whatever that key’s place in the set, for every algorithm', async () => {
    const authorize = authorizerOf(configOf());
    for (const key of [...keys].reverse()) {
      const answer = await authorize(`Bearer ${await key.sign()}`);
      expect(answer).toMatchObject({ isAuthorized: true, context: { verdict: 'verified', sub: 'alice' } });
    }
  });

  it('gives its identity as strings', async () => {
    const claims = {
      email: 'alice@example.com',
      roles: ['admin', 'ops'],
      scope: 'read write',
      plan: 'gold',
      tenant: 't1',
      jti: 'token-1',
    };
    const { context } = await authorizerOf(configOf())(`Bearer ${await first.sign(claims)}`);
    expect(context).toEqual({
      verdict: 'verified',
      client: 'sub:alice',
      sub: 'alice',
      email: 'alice@example.com',
      roles: '["admin","ops"]',
      scopes: 'read write',
      plan: 'gold',
      tenant: 't1',
      jti: 'token-1',
    });
  });

  it('has its key fetched once for all requests at once', async () => {
    const authorize = authorizerOf(configOf());
    const token = await first.sign();
    const before = fetches;
    await Promise.all(Array.from({ length: 20 }, () => authorize(`Bearer ${token}`)));
    expect(fetches - before).toBe(1);
  });

  it('is accepted for any audience only where that is written out', async () => {
    const token = await first.sign({ aud: 'another' });
    expect(await authorizerOf(configOf())(`Bearer ${token}`)).toEqual(INVALID);
    expect(await authorizerOf(configOf({ audience: null }))(`Bearer ${token}`)).toMatchObject({
      context: { verdict: 'verified' },
    });
  });

  it('is accepted within the clock tolerance and not beyond it', async () => {
    const nowS = Math.floor(Date.now() / 1000);
    const authorize = authorizerOf(configOf(), { clock: () => nowS * 1000 });
    expect(await authorize(`Bearer ${await first.sign({ exp: nowS - 4 })}`)).toMatchObject({
      context: { verdict: 'verified' },
    });
    expect(await authorize(`Bearer ${await first.sign({ exp: nowS - 6 })}`)).toMatchObject({
      context: { error_description: 'the token has expired' },
    });
    expect(await authorize(`Bearer ${await first.sign({ nbf: nowS + 6 })}`)).toEqual(INVALID);
  });
});

describe('a bad credential', () => {
  it.each([
    ['no credential', undefined],
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0'],
    ['a bearer scheme without a token', 'Bearer '],
    ['two tokens', 'Bearer a.b.c d.e.f'],
    ['characters outside b64token', 'Bearer a.b.c\u0000'],
    ['more than 8 KB', `Bearer ${'a'.repeat(9000)}`],
  ])('of %s is told to be no bearer token', async (_, authorization) => {
    const { context } = await authorizerOf(configOf())(authorization);
    expect(context).toMatchObject({ verdict: 'rejected', error_description: 'the credential is not a bearer token' });
  });

  it.each<[string, () => Promise<string>]>([
    ['rubbish in the token’s place', async () => 'rubbish'],
    ['three parts of rubbish', async () => 'a.b.c'],
    ['another issuer', () => first.sign({ iss: 'https://evil.example.com' })],
    ['no issuer', () => first.sign({ iss: undefined })],
    ['another audience', () => first.sign({ aud: 'other' })],
    ['no expiry', () => first.sign({ exp: undefined })],
    ['an expiry that is a string', () => first.sign({ exp: '9999999999' })],
    ['no subject', () => first.sign({ sub: undefined })],
    ['an empty subject', () => first.sign({ sub: '' })],
    ['an array as subject', () => first.sign({ sub: ['alice'] })],
    ['a subject of 5,000 characters', () => first.sign({ sub: 'a'.repeat(5000) })],
    ['an unknown kid', () => first.sign({}, { kid: 'unknown' })],
    ['a kid that is a path', () => first.sign({}, { kid: '../../dev/null' })],
    ['the kid of another key', () => first.sign({}, { kid: 'rs' })],
    ['an unknown critical header', () => first.sign({}, { crit: ['x'], x: 1 })],
    ['a changed signature', async () => tamper(await first.sign(), 2)],
    ['changed claims', async () => tamper(await first.sign(), 1)],
    ['a signature of a key of its own in the header', ownKey],
    ['no signature', unsigned],
    ['an HMAC made with the public key', hmacWithPublicKey],
  ])('of %s is refused without a hint', async (_, token) => {
    expect(await authorizerOf(configOf())(`Bearer ${await token()}`)).toEqual(INVALID);
  });

  it('is refused when its algorithm is not on the issuer’s list', async () => {
    const authorize = authorizerOf(configOf({ algorithms: ['RS256'] }));
    expect(await authorize(`Bearer ${await first.sign()}`)).toEqual(INVALID);
  });

  it('is left to API Gateway’s own 403 where rejections are bare', async () => {
    const authorize = authorizerOf(configOf(), { rejections: 'bare' });
    expect(await authorize('Bearer rubbish')).toMatchObject({ isAuthorized: false });
    expect(await authorize(`Bearer ${await first.sign()}`)).toMatchObject({ isAuthorized: true });
  });
});

describe('an issuer that cannot be reached', () => {
  it('makes the authorizer throw, so that nothing is cached, and says so in the log without the token', async () => {
    const authorize = authorizerOf(configOf({ jwksUri: `http://127.0.0.1:${await freePort()}/jwks` }));
    const token = await first.sign();
    const { lines, restore } = captureLines();
    try {
      await expect(authorize(`Bearer ${token}`)).rejects.toMatchObject({ code: 'jwks_unavailable' });
    } finally {
      restore();
    }
    expect(lines).toMatchObject([{ message: 'authorizer failed', request_id: 'request-1' }]);
    expect(JSON.stringify(lines)).not.toContain(token);
  });
});

it('keys are fetched over https, and over http on this machine alone', () => {
  expect(() => createVerifier(configOf({ jwksUri: 'http://auth.example.com/jwks' }), Date.now)).toThrow(
    /must be https/,
  );
});

function tamper(token: string, part: number): string {
  const parts = token.split('.');
  const text = parts[part] ?? '';
  parts[part] = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
  return parts.join('.');
}

async function ownKey(): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'mallory' })
    .setExpirationTime('1h')
    .setProtectedHeader({ alg: 'ES256', kid: 'own', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
}

async function unsigned(): Promise<string> {
  const [, claims] = (await first.sign()).split('.');
  return `${Buffer.from('{"alg":"none","kid":"es"}').toString('base64url')}.${claims}.`;
}

async function hmacWithPublicKey(): Promise<string> {
  const secret = new TextEncoder().encode(JSON.stringify(first.jwk));
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'mallory' })
    .setExpirationTime('1h')
    .setProtectedHeader({ alg: 'HS256', kid: first.kid })
    .sign(secret);
}
