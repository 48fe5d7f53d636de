import type { RequestListener } from 'node:http';
import { errors as joseErrors, jwtVerify } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  COOLDOWN_MS,
  FETCH_TIMEOUT_MS,
  JwksUnavailable,
  MAX_AGE_MS,
  MAX_JWKS_BYTES,
  MAX_STALE_MS,
  OUTAGE_COOLDOWN_MS,
  RemoteJwks,
} from '../../../lambdas/adapters/jwks.ts';
import { TestClock } from '../../support/clock.ts';
import { freePort } from '../../support/redis.ts';
import { createKey, type TestKey } from '../../support/tokens.ts';
import { serveHttp, serveTcp } from '../../support/upstream.ts';

let first: TestKey;
let second: TestKey;
let rsa: TestKey;
let eddsa: TestKey;
let clock: TestClock;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  [first, second] = await Promise.all([createKey('first'), createKey('second')]);
  [rsa, eddsa] = await Promise.all([createKey('rsa', 'RS256'), createKey('eddsa', 'EdDSA')]);
});
beforeEach(() => {
  clock = new TestClock();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An issuer whose answer a test may change; `fetches` counts what was asked of it. */
async function issuer(initial: RequestListener) {
  const state = { answer: initial, fetches: 0 };
  const server = await serveHttp((request, response) => {
    state.fetches += 1;
    state.answer(request, response);
  });
  closers.push(server.stop);
  return Object.assign(state, { jwks: new RemoteJwks(`${server.url}/jwks.json`, clock.now) });
}

function keySet(...keys: unknown[]): RequestListener {
  return text(JSON.stringify({ keys }));
}

function text(body: string): RequestListener {
  return (_, response) => {
    response.end(body);
  };
}

const DOWN: RequestListener = (_, response) => {
  response.writeHead(503).end();
};

/** The subject of a token, or the error that checking its signature ended with. */
async function outcome(jwks: RemoteJwks, key: TestKey, header: Record<string, unknown> = {}): Promise<unknown> {
  return jwtVerify(await key.sign({}, header), jwks.keyFor).then(
    ({ payload }) => payload.sub,
    (error) => error,
  );
}

describe('the key of a token', () => {
  it('is the one that its kid names, of any algorithm', async () => {
    const { jwks } = await issuer(keySet(second.jwk, rsa.jwk, eddsa.jwk, first.jwk));
    for (const key of [first, second, rsa, eddsa]) expect(await outcome(jwks, key)).toBe('alice');
  });

  it('is not another one of the issuer: a wrong kid makes no valid signature', async () => {
    const { jwks } = await issuer(keySet(first.jwk, second.jwk));
    expect(await outcome(jwks, first, { kid: 'second' })).toBeInstanceOf(joseErrors.JWSSignatureVerificationFailed);
  });

  it('without a kid is the only one that fits, or none', async () => {
    const { jwks } = await issuer(keySet(first.jwk, rsa.jwk));
    expect(await outcome(jwks, rsa, { kid: undefined })).toBe('alice');
    const { jwks: ambiguous } = await issuer(keySet(first.jwk, second.jwk));
    expect(await outcome(ambiguous, first, { kid: undefined })).toBeInstanceOf(joseErrors.JWKSMultipleMatchingKeys);
  });

  it.each([
    ['encryption', (key: TestKey) => ({ ...key.jwk, use: 'enc' })],
    ['another algorithm', (key: TestKey) => ({ ...key.jwk, alg: 'ES384' })],
    ['a secret', (key: TestKey) => ({ kty: 'oct', kid: key.kid, k: 'c2VjcmV0' })],
  ])('is no key that is for %s', async (_, change) => {
    const { jwks } = await issuer(keySet(change(first), second.jwk));
    expect(await outcome(jwks, first)).toBeInstanceOf(joseErrors.JWKSNoMatchingKey);
  });

  it('is found among junk', async () => {
    const junk = [
      null,
      1,
      'key',
      [],
      {},
      { kty: 5 },
      { kty: 'EC' },
      { kid: first.kid },
      { kty: 'RSA', kid: 'rsa', n: 1 },
    ];
    const { jwks } = await issuer(keySet(...junk, first.jwk, ...junk));
    expect(await outcome(jwks, first)).toBe('alice');
  });
});

describe('fetching', () => {
  it('happens once for all that come at once', async () => {
    const server = await issuer(keySet(first.jwk));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(server.jwks, first)));
    expect(outcomes.every((sub) => sub === 'alice')).toBe(true);
    expect(server.fetches).toBe(1);
  });

  it('happens again when the keys are too old, and not before', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    clock.advance(MAX_AGE_MS - 1);
    await outcome(server.jwks, first);
    expect(server.fetches).toBe(1);
    clock.advance(1);
    await outcome(server.jwks, first);
    expect(server.fetches).toBe(2);
  });

  it('forgets a key that the issuer has withdrawn', async () => {
    const server = await issuer(keySet(first.jwk, second.jwk));
    expect(await outcome(server.jwks, first)).toBe('alice');
    server.answer = keySet(second.jwk);
    clock.advance(MAX_AGE_MS);
    expect(await outcome(server.jwks, first)).toBeInstanceOf(joseErrors.JWKSNoMatchingKey);
  });

  it('finds a key that the issuer has added, after the cooldown', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    server.answer = keySet(first.jwk, second.jwk);
    clock.advance(COOLDOWN_MS);
    expect(await outcome(server.jwks, second)).toBe('alice');
    expect(server.fetches).toBe(2);
  });

  it('is not driven by junk tokens: an unknown kid asks again only after the cooldown', async () => {
    const server = await issuer(keySet(first.jwk));
    for (let round = 1; round <= 3; round += 1) {
      for (let token = 0; token < 10; token += 1) {
        expect(await outcome(server.jwks, second)).toBeInstanceOf(joseErrors.JWKSNoMatchingKey);
      }
      expect(server.fetches).toBe(round);
      clock.advance(COOLDOWN_MS);
    }
  });

  it('uses a connection of its own each time', async () => {
    let connections = 0;
    const body = JSON.stringify({ keys: [first.jwk] });
    const server = await serveTcp((socket) => {
      connections += 1;
      let requests = 0;
      // Says that it keeps the connection, and resets it when it is used again: a server that closes idle connections.
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) socket.resetAndDestroy();
        else socket.write(`HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      });
    });
    closers.push(server.stop);
    const jwks = new RemoteJwks(server.url, clock.now);
    await outcome(jwks, first);
    clock.advance(COOLDOWN_MS);
    expect(await outcome(jwks, second)).toBeInstanceOf(joseErrors.JWKSNoMatchingKey);
    expect(connections).toBe(2);
  });
});

describe('an issuer that gives no keys', () => {
  it.each<[string, RequestListener]>([
    ['answers 503', DOWN],
    ['answers 404 with a key set', (_, response) => response.writeHead(404).end(JSON.stringify({ keys: [first.jwk] }))],
    ['redirects', (_, response) => response.writeHead(302, { location: 'https://evil.example.com/jwks.json' }).end()],
    ['answers no JSON', text('<html>')],
    ['answers nothing', text('')],
    ['answers null', text('null')],
    ['answers a list', text('[]')],
    ['answers no list of keys', text('{"keys":{}}')],
    ['answers an empty list', keySet()],
    ['answers a list of junk', keySet(null, 1, {})],
    [
      'breaks off',
      (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    ],
    ['breaks off before an answer', (request) => request.socket.destroy()],
    ['says that it sends too much', (_, response) => response.end(Buffer.alloc(MAX_JWKS_BYTES + 1, ' '))],
  ])('since it %s is an outage, and not the fault of the token', async (_, answer) => {
    const { jwks } = await issuer(answer);
    expect(await outcome(jwks, first)).toMatchObject({ name: 'JwksUnavailable', code: 'jwks_unavailable' });
  });

  it('since it sends without end is an outage', async () => {
    const { jwks } = await issuer((_, response) => {
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
      };
      response.on('drain', flood);
      flood();
    });
    expect(await outcome(jwks, first)).toBeInstanceOf(JwksUnavailable);
  });

  it('since nobody listens is an outage', async () => {
    const jwks = new RemoteJwks(`http://127.0.0.1:${await freePort()}`, clock.now);
    expect(await outcome(jwks, first)).toMatchObject({ message: expect.stringContaining('cannot be reached') });
  });

  it.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['stops in the middle', (_, response) => response.write('{"keys":[')],
  ])('since it %s is an outage when its time is over', async (_, answer) => {
    const asked = Promise.withResolvers<void>();
    const { jwks } = await issuer((request, response) => {
      answer(request, response);
      asked.resolve();
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closers.push(() => vi.useRealTimers());
    const waited = outcome(jwks, first);
    await asked.promise;
    vi.advanceTimersByTime(FETCH_TIMEOUT_MS);
    expect(await waited).toMatchObject({ message: expect.stringContaining(`within ${FETCH_TIMEOUT_MS} ms`) });
  });

  it('shares one outage among all that come at once', async () => {
    const server = await issuer(DOWN);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(server.jwks, first)));
    expect(outcomes.every((error) => error instanceof JwksUnavailable)).toBe(true);
    expect(server.fetches).toBe(1);
  });

  it('is not asked by every request, but soon again', async () => {
    const server = await issuer(DOWN);
    for (let request = 0; request < 5; request += 1) {
      expect(await outcome(server.jwks, first)).toBeInstanceOf(JwksUnavailable);
    }
    expect(server.fetches).toBe(1);
    server.answer = keySet(first.jwk);
    clock.advance(OUTAGE_COOLDOWN_MS);
    expect(await outcome(server.jwks, first)).toBe('alice');
  });
});

describe('an issuer that goes out after it gave keys', () => {
  it('is stood in for by the keys that it gave last', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    server.answer = DOWN;
    clock.advance(MAX_AGE_MS);
    expect(await outcome(server.jwks, first)).toBe('alice');
    clock.advance(MAX_STALE_MS - MAX_AGE_MS - 1);
    expect(await outcome(server.jwks, first)).toBe('alice');
  });

  it('is not stood in for without end: a withdrawn key must not outlive an outage', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    server.answer = DOWN;
    clock.advance(MAX_STALE_MS);
    expect(await outcome(server.jwks, first)).toBeInstanceOf(JwksUnavailable);
  });

  it('is not asked by every request meanwhile', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    server.answer = DOWN;
    clock.advance(MAX_AGE_MS);
    for (let request = 0; request < 5; request += 1) await outcome(server.jwks, first);
    expect(server.fetches).toBe(2);
  });

  it('calls no token invalid whose key it might have added: that is an outage still', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    server.answer = DOWN;
    clock.advance(COOLDOWN_MS);
    expect(await outcome(server.jwks, second)).toBeInstanceOf(JwksUnavailable);
    clock.advance(1);
    expect(await outcome(server.jwks, second)).toBeInstanceOf(JwksUnavailable);
    expect(await outcome(server.jwks, first)).toBe('alice');
  });

  it('keeps its keys when it answers with an empty list', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    server.answer = keySet();
    clock.advance(MAX_AGE_MS);
    expect(await outcome(server.jwks, first)).toBe('alice');
  });

  it('gives its new keys as soon as it is back', async () => {
    const server = await issuer(keySet(first.jwk));
    await outcome(server.jwks, first);
    server.answer = DOWN;
    clock.advance(MAX_AGE_MS);
    await outcome(server.jwks, first);
    server.answer = keySet(second.jwk);
    clock.advance(OUTAGE_COOLDOWN_MS);
    expect(await outcome(server.jwks, second)).toBe('alice');
    expect(await outcome(server.jwks, first)).toBeInstanceOf(joseErrors.JWKSNoMatchingKey);
  });
});

describe('the URL of a key set', () => {
  it.each([
    'http://auth.example.com/jwks.json',
    'http://127.0.0.1.example.com/',
    'http://localhost.example.com/',
    'http://10.0.0.1/',
    'http://[::2]/',
    'http://user@auth.example.com/',
    'http://127.0.0.1@auth.example.com/',
    'ftp://auth.example.com/',
  ])('%s is refused: keys fetched in the clear can be replaced on the way', (url) => {
    expect(() => new RemoteJwks(url, clock.now)).toThrow('must be https');
  });

  it.each(['https://auth.example.com/jwks.json', 'http://localhost:3000/', 'http://127.0.0.1/', 'http://[::1]/'])(
    '%s is accepted',
    (url) => {
      expect(() => new RemoteJwks(url, clock.now)).not.toThrow();
    },
  );
});
