import { describe, expect, test } from 'vitest';
import { temporaryDir, writeAssembly } from '../support/assembly.ts';
import { serveFixture } from '../support/gateway.ts';
import { sendRaw } from '../support/raw.ts';
import { arnOf, fixture } from './fixture.ts';

const ECHO = "export const handler = async (event) => '<p>' + JSON.stringify(event) + '</p>';";

async function serve() {
  const { gateway } = await serveFixture(fixture(ECHO));
  const url = new URL(gateway.dashboardUrl() ?? '');
  const page = await fetch(url);
  const html = await page.text();
  const [, token = ''] = /data-token="([^"]+)"/.exec(html) ?? [];
  const call = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(new URL('/dashboard/calls', url), {
      method: 'POST',
      headers: { 'x-tollgate-token': token, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { gateway, url, page, html, token, call };
}

/** An event as the page sends it. */
const clicked = (params: object) => ({ ...params, widgetContext: {} });
const CALL = { endpoint: arnOf('shop-widget'), event: clicked({ a: 1 }) };

describe('the page', () => {
  test('has a frame for each widget, and the address of the operators’ port', async () => {
    const { gateway, url, page, html } = await serve();
    expect(url.href).toBe(`http://127.0.0.1:${gateway.operator()?.port}/dashboard`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toContain('<title>test</title>');
    expect(html).toContain('<h1>test</h1>');
    expect(html).toContain('<h2>Circuits &#38; more</h2>');
    expect(html.match(/<section class="widget"/g)).toHaveLength(1);
  });

  test('and its files may run its own scripts and nothing else, and be framed by nobody', async () => {
    const { url, page, html } = await serve();
    const assets = [...html.matchAll(/(?:src|href)="(\/dashboard\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(assets).toHaveLength(2);
    for (const answer of [page, ...(await Promise.all(assets.map((path) => fetch(new URL(path, url)))))]) {
      expect(answer.status).toBe(200);
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test.each(['/dashboard/', '/dashboard?from=mail'])('is found at %s too', async (path) => {
    const { url } = await serve();
    expect((await fetch(new URL(path, url))).status).toBe(200);
  });

  test.each([
    '/dashboards',
    '/dashboard/assets/',
    '/dashboard/assets/page.ts',
    '/dashboard/assets/..%2fpage.ts',
    '/dashboard/calls',
  ])('has nothing at %s', async (path) => {
    const { url } = await serve();
    expect((await fetch(new URL(path, url))).status).toBe(404);
  });

  test('is another one after each start, and shows what is served after a reload', async () => {
    const { gateway, url, token } = await serve();
    expect((await serve()).token).not.toBe(token);
    const { resources: _, ...without } = fixture(ECHO);
    await gateway.reload(writeAssembly(without, temporaryDir()));
    expect(gateway.dashboardUrl()).toBeUndefined();
    expect(await (await fetch(url)).text()).toContain('No dashboard of this app has a custom widget');
  });
});

describe('a call', () => {
  test('reaches the functions of widgets and of operators, and gives what they answer', async () => {
    const { call, url } = await serve();
    const drawn = await call(CALL, { origin: url.origin, 'sec-fetch-site': 'same-origin' });
    expect([drawn.status, await drawn.json()]).toEqual([200, '<p>{"a":1,"widgetContext":{}}</p>']);
    const operated = await call({ endpoint: arnOf('shop-operator'), event: clicked({ action: 'list' }) });
    expect([operated.status, await operated.json()]).toEqual([200, clicked({ action: 'list' })]);
  });

  test('reaches no other function', async () => {
    const { call } = await serve();
    for (const endpoint of [arnOf('shop-ok'), arnOf('elsewhere'), 'shop-widget', '']) {
      const answer = await call({ endpoint, event: clicked({}) });
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("is neither a widget's nor an operator's function of this app");
    }
  });

  test('tells the error of a function', async () => {
    const { call } = await serve();
    const answer = await call({ endpoint: arnOf('shop-operator'), event: clicked({ fail: true }) });
    expect([answer.status, await answer.json()]).toEqual([502, { message: 'RangeError: told to' }]);
  });

  test.each([
    'no JSON',
    '{}',
    '{"endpoint":"x"}',
    '{"endpoint":1,"event":{}}',
    '{"endpoint":"x","event":null}',
    '{"endpoint":"x","event":[]}',
    `{"endpoint":"x","event":${'['.repeat(200)}${']'.repeat(200)}}`,
  ])('that is none is refused: %s', async (body) => {
    expect((await (await serve()).call(body)).status).toBe(400);
  });

  test.each<[string, object]>([
    ['none', {}],
    ['null', { widgetContext: null }],
    ['"dashboard"', { widgetContext: 'dashboard' }],
    ['[]', { widgetContext: [] }],
    ['none', JSON.parse('{"__proto__":{"widgetContext":{}}}')],
  ])('without the context of a widget, got %s, is no button’s and reaches no function', async (got, fields) => {
    const { call } = await serve();
    const answer = await call({ endpoint: arnOf('shop-operator'), event: Object.assign(fields, { action: 'revoke' }) });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      {
        message: `the widgetContext of an event must be an object, got ${got}: click in the page, which adds it, or use the operators' command`,
      },
    ]);
  });

  test('over 64 KB is refused', async () => {
    const { call } = await serve();
    expect((await call({ ...CALL, pad: 'x'.repeat(64 * 1024) })).status).toBe(413);
  });
});

describe('nobody else calls a function:', () => {
  const BODY = JSON.stringify(CALL);

  async function statusOf(head: (facts: { readonly token: string; readonly port: string }) => string): Promise<string> {
    const { url, token } = await serve();
    const request = `${head({ token, port: url.port })}\r\ncontent-length: ${BODY.length}\r\nconnection: close\r\n\r\n${BODY}`;
    const reply = await sendRaw(Number(url.port), request);
    expect(reply.toLowerCase()).not.toContain('access-control-allow');
    return reply.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
  }

  const POST = 'POST /dashboard/calls HTTP/1.1\r\n';
  test.each<[string, (facts: { readonly token: string; readonly port: string }) => string, string]>([
    ['the page itself can', ({ token, port }) => `${POST}host: 127.0.0.1:${port}\r\nx-tollgate-token: ${token}`, '200'],
    ['a form of another site', ({ port }) => `${POST}host: 127.0.0.1:${port}\r\norigin: https://evil.example`, '403'],
    [
      'a script of another site, even with the token',
      ({ token, port }) =>
        `${POST}host: 127.0.0.1:${port}\r\nx-tollgate-token: ${token}\r\norigin: https://evil.example`,
      '403',
    ],
    [
      'a page of another port of this machine',
      ({ token, port }) =>
        `${POST}host: 127.0.0.1:${port}\r\nx-tollgate-token: ${token}\r\norigin: http://127.0.0.1:1\r\nsec-fetch-site: same-site`,
      '403',
    ],
    [
      'a site that has this address under a name of its own',
      ({ token, port }) =>
        `${POST}host: evil.example:${port}\r\nx-tollgate-token: ${token}\r\norigin: http://evil.example:${port}`,
      '403',
    ],
    ['without the token', ({ port }) => `${POST}host: 127.0.0.1:${port}`, '403'],
    [
      'with the token of an earlier start',
      ({ token, port }) => `${POST}host: 127.0.0.1:${port}\r\nx-tollgate-token: ${'x'.repeat(token.length)}`,
      '403',
    ],
    [
      'a preflight',
      ({ port }) =>
        `OPTIONS /dashboard/calls HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\norigin: https://evil.example\r\naccess-control-request-method: POST\r\naccess-control-request-headers: x-tollgate-token`,
      '403',
    ],
  ])('%s', async (_, head, status) => {
    expect(await statusOf(head)).toBe(status);
  });

  test('nor reads the page under another name, and the token with it', async () => {
    const { url, token } = await serve();
    const reply = await sendRaw(
      Number(url.port),
      'GET /dashboard HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n',
    );
    expect(reply).toMatch(/^HTTP\/1.1 403 /);
    expect(reply).not.toContain(token);
  });
});
