import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JwtVerifier } from '../../../lambdas/authorizer/jwt-verifier.ts';
import {
  type Algorithm,
  DEFAULT_MAPPING,
  type IssuerConfig,
} from '../../../lambdas/contract/auth/authorizer-config.ts';
import { invalidToken } from '../../../lambdas/core/auth/authorization.ts';
import { issuerConfig, jwtVerifier } from '../../support/auth/authorizer.ts';
import { AUDIENCE, createKey, ISSUER, type TestKey } from '../../support/auth/tokens.ts';
import { captureLines } from '../../support/lines.ts';
import { freePort } from '../../support/redis/redis.ts';
import { serveHttp, type TestServer } from '../../support/upstreams/upstream.ts';

const INVALID = invalidToken('the token is not valid');
const EXPIRED = { ...invalidToken('the token has expired'), expired: true };
const USED: readonly Algorithm[] = ['ES256', 'RS256', 'PS256', 'ES384', 'EdDSA'];

/** Signs whatever text: what is wrong with such a token is its form alone. */
const raw = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let keys: Readonly<Record<string, TestKey>>;
let es: TestKey;
let issuer: TestServer;

beforeAll(async () => {
  const made = await Promise.all(USED.map((alg) => createKey(alg, alg)));
  keys = Object.fromEntries(made.map((key) => [key.kid, key]));
  es = made[0] as TestKey;
  const jwks = [...made.map(({ jwk }) => jwk), { ...raw.publicKey.export({ format: 'jwk' }), kid: 'raw' }];
  issuer = await serveHttp((_, response) => response.end(JSON.stringify({ keys: jwks })));
});

afterAll(() => issuer.stop());

function verifierOf(...issuers: readonly Partial<IssuerConfig>[]) {
  return jwtVerifier({
    issuers: (issuers.length === 0 ? [{}] : issuers).map((changes) =>
      issuerConfig({ jwksUri: issuer.url, ...changes }),
    ),
    clock: Date.now,
  });
}

function verify(token: string, changes: Partial<IssuerConfig> = {}, nowMs = Date.now()) {
  return verifierOf(changes).verify(token, nowMs);
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function signTexts(header: string, payload: string): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key: raw.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function usualClaims(more: object = {}): string {
  return JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: Math.ceil(Date.now() / 1000) + 60, ...more });
}

function rawToken({ header = {}, claims = {} }: { readonly header?: object; readonly claims?: object } = {}): string {
  return signTexts(JSON.stringify({ alg: 'ES256', kid: 'raw', ...header }), usualClaims(claims));
}

describe('a token of an issuer', () => {
  it.each(USED)('signed with %s is accepted where that is on the list, and nowhere else', async (alg) => {
    const token = await (keys[alg] as TestKey).sign();
    expect(await verify(token, { algorithms: [alg] })).toMatchObject({
      verdict: 'accepted',
      verified: { sub: 'alice' },
    });
    expect(await verify(token, { algorithms: USED.filter((other) => other !== alg) })).toMatchObject(INVALID);
  });

  it('is accepted for one of its audiences, and for any only where that is written out', async () => {
    const [one, several] = await Promise.all([es.sign({ aud: 'other' }), es.sign({ aud: ['other', AUDIENCE] })]);
    expect(await verify(one)).toMatchObject(INVALID);
    expect(await verify(one, { audience: ['a', 'other'] })).toMatchObject({ verdict: 'accepted' });
    expect(await verify(several)).toMatchObject({ verdict: 'accepted' });
    expect(await verify(one, { audience: null })).toMatchObject({ verdict: 'accepted' });
    expect(await verify(await es.sign({ aud: undefined }), { audience: null })).toMatchObject({ verdict: 'accepted' });
    expect(await verify(one, { audience: [] })).toMatchObject(INVALID);
  });

  it('is accepted within the clock tolerance to the millisecond', async () => {
    const nowS = 1_800_000_000;
    const [exp, nbf] = await Promise.all([es.sign({ exp: nowS }), es.sign({ exp: nowS + 900, nbf: nowS })]);
    expect(await verify(exp, { clockToleranceS: 5 }, nowS * 1000 + 4999)).toMatchObject({ verdict: 'accepted' });
    expect(await verify(exp, { clockToleranceS: 5 }, nowS * 1000 + 5000)).toMatchObject(EXPIRED);
    expect(await verify(exp, { clockToleranceS: 0 }, nowS * 1000)).toMatchObject(EXPIRED);
    expect(await verify(nbf, { clockToleranceS: 5 }, nowS * 1000 - 5000)).toMatchObject({ verdict: 'accepted' });
    expect(await verify(nbf, { clockToleranceS: 5 }, nowS * 1000 - 5001)).toMatchObject(INVALID);
  });

  it('is believed for five minutes, and never longer than it is good', async () => {
    const nowMs = 1_800_000_000_000;
    const [long, short] = await Promise.all([
      es.sign({ exp: nowMs / 1000 + 3600 }),
      es.sign({ exp: nowMs / 1000 + 60 }),
    ]);
    expect(await verify(long, {}, nowMs)).toMatchObject({ untilMs: nowMs + 300_000 });
    expect(await verify(short, { clockToleranceS: 5 }, nowMs)).toMatchObject({ untilMs: nowMs + 65_000 });
  });

  it('has to be what its issuer’s tokens must be', async () => {
    const requires = [{ claim: '/token_use', op: 'equals', value: 'access' }] as const;
    expect(await verify(await es.sign({ token_use: 'access' }), { requires })).toMatchObject({ verdict: 'accepted' });
    expect(await verify(await es.sign({ token_use: 'id' }), { requires })).toMatchObject(INVALID);
    expect(await verify(await es.sign(), { requires })).toMatchObject(INVALID);
  });

  it('says who calls where its issuer says it', async () => {
    const mapping = {
      ...DEFAULT_MAPPING,
      sub: '/username',
      roles: '/cognito:groups',
      plan: '/https:~1~1example.com~1plan',
      tenant: '/org/id',
      email: null,
    };
    const token = await es.sign({
      sub: undefined,
      username: 'bob',
      'cognito:groups': ['admin'],
      'https://example.com/plan': 'gold',
      org: { id: 42 },
      email: 'bob@example.com',
      scp: ['read', 'write'],
    });
    expect(await verify(token, { mapping })).toMatchObject({
      verified: {
        kind: 'jwt',
        client: 'sub:bob',
        roles: ['admin'],
        plan: 'gold',
        tenant: '42',
        email: '',
        scopes: ['read', 'write'],
        issuer: ISSUER,
      },
    });
  });
});

describe('several issuers', () => {
  const partner = 'https://partner.example.com';
  const issuers = [
    { algorithms: ['ES256'] },
    { issuer: partner, algorithms: ['PS256', 'EdDSA'], audience: null, subjectPrefix: 'partner' },
  ] as const;

  it('have tokens verified each by its own algorithms and audiences, and subjects of their own', async () => {
    const verifier = verifierOf(...issuers);
    const [own, theirs, crossed] = await Promise.all([
      es.sign(),
      (keys['PS256'] as TestKey).sign({ iss: partner, aud: 'theirs' }),
      es.sign({ iss: partner }),
    ]);
    expect(await verifier.verify(own, Date.now())).toMatchObject({ verified: { sub: 'alice', issuer: ISSUER } });
    expect(await verifier.verify(theirs, Date.now())).toMatchObject({
      verified: { sub: 'partner|alice', client: 'sub:partner|alice', issuer: partner },
    });
    expect(await verifier.verify(crossed, Date.now())).toMatchObject(INVALID);
  });

  it('cannot name each other’s subjects', async () => {
    expect(await verifierOf(...issuers).verify(await es.sign({ sub: 'partner|alice' }), Date.now())).toMatchObject(
      INVALID,
    );
    expect(await verifierOf().verify(await es.sign({ sub: 'auth0|alice' }), Date.now())).toMatchObject({
      verified: { sub: 'auth0|alice' },
    });
  });

  it('fail apart: one that is gone takes only its own tokens with it', async () => {
    const gone = { issuer: partner, jwksUri: `http://127.0.0.1:${await freePort()}/`, subjectPrefix: 'partner' };
    const verifier = verifierOf({}, gone);
    const { lines, restore } = captureLines();
    const token = await es.sign({ iss: partner });
    try {
      await expect(verifier.verify(token, Date.now())).rejects.toMatchObject({ code: 'jwks_unavailable' });
      expect(await verifier.verify(await es.sign(), Date.now())).toMatchObject({ verdict: 'accepted' });
    } finally {
      restore();
    }
    expect(lines).not.toHaveLength(0);
    for (const part of token.split('.')) expect(JSON.stringify(lines)).not.toContain(part);
  });
});

describe('an access token of RFC 9068', () => {
  const claims = { client_id: 'app', jti: 'token-1' };
  const profile = 'rfc9068';

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT'])('has the type %s', async (typ) => {
    expect(await verify(await es.sign(claims, { typ }), { profile })).toMatchObject({ verdict: 'accepted' });
  });

  it.each([undefined, 'JWT', 'at+jwt2', 7])('has not the type %j', async (typ) => {
    const token = rawToken({ header: { typ }, claims: { ...claims, iat: 1 } });
    expect(await verify(token, { profile })).toMatchObject(INVALID);
    expect(await verify(token)).toMatchObject({ verdict: 'accepted' });
  });

  it.each([null, 1, '', ['a']])('names its client and itself by texts, not by %j', async (name) => {
    for (const changed of [{ client_id: name }, { jti: name }]) {
      const token = await es.sign({ ...claims, ...changed }, { typ: 'at+jwt' });
      expect(await verify(token, { profile })).toMatchObject(INVALID);
    }
  });

  it.each(['exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('has the claim %s', async (name) => {
    const token = await es.sign({ ...claims, [name]: undefined }, { typ: 'at+jwt' });
    expect(await verify(token, { profile, audience: null })).toMatchObject(INVALID);
  });
});

describe('an issuer that does not tell its keys apart', () => {
  /** Verifies by a set of so many keys, all of which fit. */
  async function verifyByOneOf(count: number, kid: string | undefined, signer: number, claims = {}) {
    const several = await Promise.all(Array.from({ length: count }, () => createKey('same')));
    const jwks = several.map(({ jwk: { kid: _, ...jwk } }) => ({ ...jwk, ...(kid !== undefined && { kid }) }));
    const server = await serveHttp((_, response) => response.end(JSON.stringify({ keys: jwks })));
    try {
      const token = await (several[signer] ?? (await createKey('same'))).sign(claims, { kid });
      return await verify(token, { jwksUri: server.url });
    } finally {
      await server.stop();
    }
  }

  it.each([undefined, 'same'])(
    'has a token that fits several of them verified by the one that signed it (kid %s)',
    async (kid) => {
      for (const signer of [0, 1, 3])
        expect(await verifyByOneOf(4, kid, signer)).toMatchObject({ verdict: 'accepted' });
      expect(await verifyByOneOf(4, kid, 4)).toMatchObject(INVALID);
    },
  );

  it('is told apart in nothing else: a token of one of them that has expired is no invalid one', async () => {
    const { lines, restore } = captureLines();
    const exp = Math.floor(Date.now() / 1000) - 60;
    const [expired, unknown] = await Promise.all([
      verifyByOneOf(2, undefined, 1, { exp }),
      verifyByOneOf(2, undefined, 2, { exp }),
    ]).finally(restore);
    expect(expired).toMatchObject(EXPIRED);
    expect(unknown).toMatchObject(INVALID);
    expect(lines).toEqual([]);
  });

  it('has no more than four of them tried', async () => {
    expect(await verifyByOneOf(5, undefined, 4)).toMatchObject(INVALID);
  });
});

describe('a token whose time is over', () => {
  const over = () => ({ exp: Math.floor(Date.now() / 1000) - 60 });
  const requires = [{ claim: '/token_use', op: 'equals', value: 'access' }] as const;

  it('is genuine where all else holds, and the client hears only that it has expired', async () => {
    expect(await verify(await es.sign(over()))).toEqual(EXPIRED);
    expect(await verify(await es.sign({ ...over(), token_use: 'access' }), { requires })).toEqual(EXPIRED);
  });

  it.each<[string, () => Promise<string>]>([
    ['the signature', async () => (await es.sign(over())).replace(/[^.]{4}$/, 'AAAA')],
    ['the key', async () => (await createKey('ES256')).sign(over())],
    ['the issuer', () => es.sign({ ...over(), iss: 'https://evil.example.com' })],
    ['the audience', () => es.sign({ ...over(), aud: 'other' })],
    ['the start', () => es.sign({ ...over(), nbf: Math.ceil(Date.now() / 1000) + 60 })],
  ])('is a bad credential like any other where %s is wrong', async (_, sign) => {
    expect(await verify(await sign())).toEqual(INVALID);
  });

  it.each<[string, Record<string, unknown>, Partial<IssuerConfig>]>([
    ['lacks what its issuer’s tokens must have', { token_use: 'id' }, { requires }],
    ['names nobody', { sub: '' }, {}],
  ])('is not genuine where it %s', async (_, claims, changes) => {
    const verification = await verify(await es.sign({ ...over(), ...claims }), changes);
    expect(verification).toEqual({ ...EXPIRED, expired: false });
  });
});

describe('a token that somebody made up or spoilt is refused without a hint', () => {
  function tampered(token: string, part: number): string {
    const parts = token.split('.');
    const text = parts[part] ?? '';
    parts[part] = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
    return parts.join('.');
  }

  /** The last character of a 64-byte signature has four bits that belong to no byte. */
  function sloppy(token: string): string {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return `${token.slice(0, -1)}${letters[letters.indexOf(token.at(-1) ?? '') + 1]}`;
  }

  async function withHeader(header: object, signature = 'AAAA'): Promise<string> {
    return `${base64url(JSON.stringify(header))}.${(await es.sign()).split('.')[1]}.${signature}`;
  }

  it.each<[string, () => string | Promise<string>]>([
    ['nothing', () => ''],
    ['rubbish', () => 'rubbish'],
    ['dots', () => '..'],
    ['three parts of rubbish', () => 'a.b.c'],
    ['8 KB of rubbish', () => 'a'.repeat(8192)],
    ['8 KB of dots', () => '.'.repeat(8192)],
    ['five parts, as of an encrypted one', async () => `${await es.sign()}.AAAA.AAAA`],
    ['no signature', async () => (await es.sign()).replace(/[^.]*$/, '')],
    ['a changed signature', async () => tampered(await es.sign(), 2)],
    ['changed claims', async () => tampered(await es.sign(), 1)],
    ['padding', async () => `${await es.sign()}==`],
    ['bits that belong to no byte', async () => sloppy(await es.sign())],
    ['a line break', async () => `${await es.sign()}\n`],
    ['plain base64', async () => (await es.sign()).replace(/[A-Za-z]$/, '+')],
    ['alg none', () => withHeader({ alg: 'none' }, '')],
    ['alg none and a signature', () => withHeader({ alg: 'none', kid: 'ES256' })],
    ['an alg that is a list', () => rawToken({ header: { alg: ['ES256'] } })],
    ['no alg', () => rawToken({ header: { alg: undefined } })],
    ['an HMAC made with the public key', hmacWithPublicKey],
    ['a key of its own in the header', () => ownKey()],
    ['the alg of another key', () => es.sign({}, { kid: 'RS256' })],
    ['a kid that nobody has', () => es.sign({}, { kid: 'unknown' })],
    ['a kid that is a path', () => es.sign({}, { kid: '../../../dev/null' })],
    ['a kid that is SQL', () => es.sign({}, { kid: "' UNION SELECT 'key' --" })],
    ['a kid of 6,000 characters', () => es.sign({}, { kid: 'k'.repeat(6000) })],
    ['a kid that is a number', () => rawToken({ header: { kid: 7 } })],
    ['a kid that is a list', () => rawToken({ header: { kid: ['raw'] } })],
    ['a critical header that nobody knows', () => es.sign({}, { crit: ['x'], x: 1 })],
    ['an empty list of critical headers', () => rawToken({ header: { crit: [] } })],
    ['a payload that is not encoded', () => rawToken({ header: { crit: ['b64'], b64: false } })],
    ['another issuer', () => es.sign({ iss: 'https://evil.example.com' })],
    ['an issuer with a slash more', () => es.sign({ iss: `${ISSUER}/` })],
    ['an issuer that is a list', () => rawToken({ claims: { iss: [ISSUER] } })],
    ['an issuer that every object has', () => es.sign({ iss: '__proto__' })],
    ['no issuer', () => es.sign({ iss: undefined })],
    ['no expiry', () => es.sign({ exp: undefined })],
    ['an expiry that is a string', () => rawToken({ claims: { exp: '9999999999' } })],
    ['an expiry that is null', () => rawToken({ claims: { exp: null } })],
    ['nbf in the future', () => es.sign({ nbf: Math.ceil(Date.now() / 1000) + 60 })],
    ['nbf that is a string', () => rawToken({ claims: { nbf: '1' } })],
    ['no subject', () => es.sign({ sub: undefined })],
    ['an empty subject', () => es.sign({ sub: '' })],
    ['a list as subject', () => rawToken({ claims: { sub: ['alice'] } })],
    ['an object as subject', () => rawToken({ claims: { sub: { name: 'alice' } } })],
    ['a subject of 5,000 characters', () => es.sign({ sub: 'a'.repeat(5000) })],
    ['a subject with a line break', () => es.sign({ sub: 'alice\r\nx-admin: 1' })],
    ['claims that are a list', () => signTexts('{"alg":"ES256","kid":"raw"}', '[]')],
    ['claims that are null', () => signTexts('{"alg":"ES256","kid":"raw"}', 'null')],
    ['claims that are no JSON', () => signTexts('{"alg":"ES256","kid":"raw"}', '{"iss":')],
    ['a header that is a list', () => signTexts('[]', usualClaims())],
    ['a header that is no JSON', () => signTexts('{alg:ES256}', usualClaims())],
  ])('%s', async (_, make) => {
    const token = await make();
    const { lines, restore } = captureLines();
    const verification = await verify(token).finally(restore);
    expect(verification).toEqual(INVALID);
    expect(lines).toEqual([]);
  });

  async function hmacWithPublicKey(): Promise<string> {
    const input = (await withHeader({ alg: 'HS256', kid: 'ES256' })).replace(/\.[^.]*$/, '');
    return `${input}.${createHmac('sha256', JSON.stringify(es.jwk)).update(input).digest('base64url')}`;
  }

  async function ownKey(): Promise<string> {
    const own = await createKey('ES256');
    return own.sign({}, { kid: 'ES256', jwk: own.jwk });
  }
});

it.each([7, null, ['raw'], {}])('a kid that is %j is refused, also where one key alone fits the token', async (kid) => {
  const jwk = raw.publicKey.export({ format: 'jwk' });
  const single = await serveHttp((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
  const verifyBy = (header: object) => verify(rawToken({ header }), { jwksUri: single.url });
  expect(await verifyBy({ kid: undefined })).toMatchObject({ verdict: 'accepted' });
  expect(await verifyBy({ kid })).toMatchObject(INVALID);
  await single.stop();
});

it('a key that cannot be what its issuer says makes no valid signature, and spoils no other key', async () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { x, ...point } = raw.publicKey.export({ format: 'jwk' });
  const weak = { ...short.publicKey.export({ format: 'jwk' }), kid: 'short' };
  const jwks = [null, 7, [], {}, { kty: 'oct', k: 'AAAA', kid: 'raw' }, { ...point, x: point.y, kid: 'off' }, weak];
  const server = await serveHttp((_, response) => response.end(JSON.stringify({ keys: [...jwks, es.jwk] })));
  const verifier = verifierOf({ jwksUri: server.url });
  const input = `${base64url('{"alg":"RS256","kid":"short"}')}.${base64url(usualClaims())}`;
  const tokens = [
    `${input}.${sign('sha256', Buffer.from(input), short.privateKey).toString('base64url')}`,
    rawToken({ header: { kid: 'off' } }),
    rawToken(),
  ];
  const { lines, restore } = captureLines();
  try {
    for (const token of tokens) expect(await verifier.verify(token, Date.now())).toMatchObject(INVALID);
    expect(await verifier.verify(await es.sign(), Date.now())).toMatchObject({ verdict: 'accepted' });
  } finally {
    restore();
    await server.stop();
  }
  expect(lines).toEqual([]);
});

it('what nobody foresaw refuses the token, and is told to the log without it', async () => {
  const keysOf = () => () => Promise.reject(new TypeError('a hostile key'));
  const verifier = new JwtVerifier({ issuers: [issuerConfig()], claims: [], keysOf });
  const { lines, restore } = captureLines();
  expect(await verifier.verify(await es.sign(), Date.now()).finally(restore)).toMatchObject(INVALID);
  expect(lines).toEqual([{ message: 'verification failed', error: 'TypeError: a hostile key' }]);
});

describe('a token whose form is odd and whose signature is good', () => {
  it('means the last of members that are written twice, to the choice of the issuer as well', async () => {
    const twice = usualClaims().replace('{', '{"sub":"mallory","iss":"https://evil.example.com",');
    expect(await verify(signTexts('{"alg":"ES256","kid":"raw"}', twice))).toMatchObject({ verified: { sub: 'alice' } });
    const evil = usualClaims().replace(/}$/, ',"iss":"https://evil.example.com"}');
    expect(await verify(signTexts('{"alg":"ES256","kid":"raw"}', evil))).toMatchObject(INVALID);
    const header = '{"alg":"none","alg":"ES256","kid":"other","kid":"raw"}';
    expect(await verify(signTexts(header, usualClaims()))).toMatchObject({ verdict: 'accepted' });
  });

  it('may nest claims as deep as it likes', async () => {
    const deep = usualClaims().replace(/}$/, `,"roles":${'['.repeat(2000)}${']'.repeat(2000)}}`);
    expect(await verify(signTexts('{"alg":"ES256","kid":"raw"}', deep))).toMatchObject({ verified: { roles: [] } });
  });

  it('leads nowhere: jku, x5u, jwk and x5c are not looked at', async () => {
    let asked = 0;
    const evil = await serveHttp((_, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [] }));
    });
    const header = { jku: evil.url, x5u: evil.url, jwk: es.jwk, x5c: ['AAAA'] };
    expect(await verify(rawToken({ header }))).toMatchObject({ verdict: 'accepted' });
    expect(asked).toBe(0);
    await evil.stop();
  });
});
