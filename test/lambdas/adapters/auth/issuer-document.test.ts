import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  FETCH_TIMEOUT_MS,
  fetchSigningKeys,
  JwksUnavailable,
  MAX_JWKS_BYTES,
} from '../../../../lambdas/adapters/auth/issuer-document.ts';
import { createKey, ISSUER, type TestKey } from '../../../support/auth/tokens.ts';
import { certificate } from '../../../support/certificate.ts';
import { closersOf } from '../../../support/closers.ts';
import { freePort } from '../../../support/redis/redis.ts';
import { serveHttp, serveTcp } from '../../../support/upstreams/upstream.ts';

const WELL_KNOWN = '/.well-known/openid-configuration';

const closers = closersOf();
let key: TestKey;
beforeAll(async () => {
  key = await createKey('first');
});

/** The keys of an issuer whose answers are these, by path; `asked` are the paths in turn. */
async function serve(answers: Record<string, RequestListener> | RequestListener) {
  const asked: string[] = [];
  const server = await serveHttp((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = typeof answers === 'function' ? answers : answers[path];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  closers.push(server.stop);
  return { url: server.url, asked };
}

function text(body: string): RequestListener {
  return (_, response) => {
    response.end(body);
  };
}

function json(value: unknown): RequestListener {
  return text(JSON.stringify(value));
}

async function kids(issuer: string, jwksUri: string | null): Promise<unknown> {
  return (await fetchSigningKeys(issuer, jwksUri)).map(({ kid }) => kid);
}

function failure(issuer: string, jwksUri: string | null): Promise<Error> {
  return fetchSigningKeys(issuer, jwksUri).then(
    () => expect.unreachable(),
    (error) => error,
  );
}

describe('a key set', () => {
  it('is fetched from its address', async () => {
    const { url, asked } = await serve(json({ keys: [key.jwk] }));
    expect(await kids(ISSUER, `${url}/keys?v=1`)).toEqual(['first']);
    expect(asked).toEqual(['/keys?v=1']);
  });

  it('is found among junk, up to the size that is read', async () => {
    const junk = '0,'.repeat(250_000);
    const { url } = await serve(text(`{"keys":[${junk}${JSON.stringify(key.jwk)}]}`));
    expect(await kids(ISSUER, url)).toEqual(['first']);
  });

  it('is asked for over a connection of its own each time, since a kept one may be dead', async () => {
    let connections = 0;
    const body = JSON.stringify({ keys: [key.jwk] });
    const server = await serveTcp((socket) => {
      connections += 1;
      socket.on('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
      );
    });
    closers.push(server.stop);
    await kids(ISSUER, server.url);
    await kids(ISSUER, server.url);
    expect(connections).toBe(2);
  });

  it.each<[string, RequestListener]>([
    ['answers 503', (_, response) => response.writeHead(503).end()],
    ['answers 404 with a key set', (_, response) => response.writeHead(404).end(JSON.stringify({ keys: [key.jwk] }))],
    ['answers 203 with a key set', (_, response) => response.writeHead(203).end(JSON.stringify({ keys: [key.jwk] }))],
    ['answers no JSON', text('<html>')],
    ['answers nothing', text('')],
    ['answers a list', text('[]')],
    ['answers an empty set', json({ keys: [] })],
    ['has secrets only', json({ keys: [{ kty: 'oct', kid: 'first', k: 'c2VjcmV0' }] })],
    ['has a million keys', text(`{"keys":[${'{},'.repeat(1_000_000)}{}]}`)],
    ['sends too much', (_, response) => response.end(Buffer.alloc(MAX_JWKS_BYTES + 1, ' '))],
    ['sends endless headers', (_, response) => response.writeHead(200, { long: 'x'.repeat(100_000) }).end()],
    ['breaks off before an answer', (request) => request.socket.destroy()],
    [
      'breaks off in an answer',
      (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    ],
  ])('of an issuer that %s is not to be had, which is the fault of no token', async (_, answer) => {
    const { url } = await serve(answer);
    expect(await failure(ISSUER, url)).toMatchObject({
      name: 'JwksUnavailable',
      code: 'jwks_unavailable',
      message: expect.stringContaining(`no keys of ${ISSUER}: `),
    });
  });

  it('is not followed to where a redirect leads', async () => {
    const { url, asked } = await serve({
      '/keys': (_, response) => response.writeHead(302, { location: '/others' }).end(),
      '/others': json({ keys: [key.jwk] }),
    });
    expect(await failure(ISSUER, `${url}/keys`)).toMatchObject({ message: expect.stringContaining('answered 302') });
    expect(asked).toEqual(['/keys']);
  });

  it('of 50 MB is read no further than it may be long', async () => {
    let sent = 0;
    const gone = Promise.withResolvers<void>();
    const { url } = await serve((_, response) => {
      const chunk = Buffer.alloc(65_536, ' ');
      const flood = () => {
        while (sent < 50_000_000 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', flood).on('close', () => gone.resolve());
      flood();
    });
    expect(await failure(ISSUER, url)).toMatchObject({ message: expect.stringContaining('sent more than') });
    await gone.promise;
    // What the sockets of both sides may hold is beyond what was read.
    expect(sent).toBeLessThan(20_000_000);
  });

  it('of an issuer where nobody listens is not to be had', async () => {
    const error = await failure(ISSUER, `http://127.0.0.1:${await freePort()}`);
    expect(error).toMatchObject({ message: expect.stringContaining('cannot be reached') });
  });

  it.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['stops in the middle', (_, response) => response.write('{"keys":[')],
    ['says only that it will answer', (request) => request.socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('of an issuer that %s is given up in time', async (_, answer) => {
    const asked = Promise.withResolvers<void>();
    const { url } = await serve((request, response) => {
      answer(request, response);
      asked.resolve();
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closers.push(() => vi.useRealTimers());
    const failed = failure(ISSUER, url);
    await asked.promise;
    vi.advanceTimersByTime(FETCH_TIMEOUT_MS);
    expect(await failed).toMatchObject({ message: expect.stringContaining(`within ${FETCH_TIMEOUT_MS} ms`) });
  });

  it.each([
    'http://auth.example.com/',
    'http://127.0.0.1.example.com/',
    'http://10.0.0.1/',
    'http://127.0.0.1@a.example/',
  ])('at %s is not asked for: it could be replaced on the way', async (jwksUri) => {
    expect(await failure(ISSUER, jwksUri)).toMatchObject({ message: expect.stringContaining('over https') });
  });

  it.each(['', 'keys', 'file:///etc/passwd', 'data:application/json,{}'])('cannot be at %j', async (jwksUri) => {
    expect(await failure(ISSUER, jwksUri)).toBeInstanceOf(JwksUnavailable);
  });
});

describe('discovery', () => {
  it.each(['', '/', '/tenant', '/tenant/'])('of an issuer that ends in %j asks where its keys are', async (path) => {
    const server = await serve((request, response) => {
      const [metadata, keys] = [`${path.replace(/\/$/, '')}${WELL_KNOWN}`, '/keys'];
      const { url: asked } = request;
      if (asked === metadata) response.end(JSON.stringify({ issuer: server.url + path, jwks_uri: server.url + keys }));
      else if (asked === keys) response.end(JSON.stringify({ keys: [key.jwk] }));
    });
    expect(await kids(server.url + path, null)).toEqual(['first']);
  });

  it.each<[string, (url: string) => unknown, string]>([
    ['is of another issuer', (url) => ({ issuer: `${url}/`, jwks_uri: `${url}/keys` }), 'issuer must be'],
    ['names no issuer', (url) => ({ jwks_uri: `${url}/keys` }), 'issuer must be a string'],
    ['names no key set', (url) => ({ issuer: url }), 'jwks_uri must be a string'],
    ['names a list of key sets', (url) => ({ issuer: url, jwks_uri: [`${url}/keys`] }), 'jwks_uri must be a string'],
    ['names a key set in the clear', (url) => ({ issuer: url, jwks_uri: 'http://a.example/' }), 'over https'],
    ['names no address', (url) => ({ issuer: url, jwks_uri: '/keys' }), 'Invalid URL'],
    ['is no object', () => [], 'must be an object'],
    ['is too large', (url) => ({ issuer: url, jwks_uri: `${url}/keys`, more: 'x'.repeat(65_536) }), 'sent more than'],
  ])('that %s asks for no keys', async (_, metadata, reason) => {
    const server = await serve({
      [WELL_KNOWN]: (_, response) => response.end(JSON.stringify(metadata(server.url))),
      '/keys': json({ keys: [key.jwk] }),
    });
    expect(await failure(server.url, null)).toMatchObject({
      code: 'jwks_unavailable',
      message: expect.stringContaining(reason),
    });
    expect(server.asked).toEqual([WELL_KNOWN]);
  });

  it('says no more of a strange document than its beginning', async () => {
    const server = await serve(json({ issuer: 'x'.repeat(60_000), jwks_uri: 'x' }));
    expect((await failure(server.url, null)).message.length).toBeLessThan(300);
  });

  it('that redirects, or is not there, asks for no keys', async () => {
    const away = await serve((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    const missing = await serve({ '/keys': json({ keys: [key.jwk] }) });
    for (const { url, asked } of [away, missing]) {
      expect(await failure(url, null)).toBeInstanceOf(JwksUnavailable);
      expect(asked).toEqual([WELL_KNOWN]);
    }
  });

  it('lets no issuer elsewhere lead to an address on this machine', async () => {
    const local = await serve(json({ keys: [key.jwk] }));
    const { cert, key: privateKey } = await certificate();
    const trusted = getCACertificates();
    setDefaultCACertificates([...trusted, cert]);
    closers.push(() => setDefaultCACertificates(trusted));
    const secure = createServer({ cert, key: privateKey }, (request, response) => {
      const keys = request.url === '/keys';
      response.end(JSON.stringify(keys ? { keys: [key.jwk] } : { issuer, jwks_uri: leadsTo }));
    }).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    closers.push(() => secure.close());
    const issuer = `https://localhost:${(secure.address() as { port: number }).port}`;
    let leadsTo = local.url;
    expect(await failure(issuer, null)).toMatchObject({ message: expect.stringContaining('must be an https address') });
    expect(local.asked).toEqual([]);
    leadsTo = `${issuer}/keys`;
    expect(await kids(issuer, null)).toEqual(['first']);
  });
});
