import { expect, onTestFinished, test } from 'vitest';
import { startUpstream } from '../../../local/demo/demo-upstream.ts';
import { sendRaw } from '../support/raw.ts';

async function start() {
  const upstream = await startUpstream('users');
  onTestFinished(() => upstream.close());
  return upstream.url;
}

test('it tells what it received', async () => {
  const response = await fetch(`${await start()}/42?x=1&x=2&y=3`, {
    method: 'POST',
    headers: { 'x-own': 'value' },
    body: 'text',
  });
  expect(await response.json()).toMatchObject({
    service: 'users',
    method: 'POST',
    path: '/42',
    query: { x: ['1', '2'], y: '3' },
    headers: { 'x-own': 'value' },
    body: 'text',
  });
});

test('a body that is no text is told in base64', async () => {
  const response = await fetch(await start(), { method: 'POST', body: Buffer.from([0xff, 0]) });
  expect(await response.json()).toMatchObject({ bodyBase64: '/wA=' });
});

test('it answers with the status that the path says', async () => {
  const url = await start();
  expect((await fetch(`${url}/status/503`)).status).toBe(503);
  expect((await fetch(`${url}/status/999`)).status).toBe(200);
});

test('it takes as long as the path says', async () => {
  const url = await start();
  const startMs = performance.now();
  await fetch(`${url}/delay/60`);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(59);
});

test('it sends as many bytes as the path says', async () => {
  const response = await fetch(`${await start()}/bytes/1000`);
  expect((await response.arrayBuffer()).byteLength).toBe(1000);
});

test.each(['//', '//42', '/%E0', '///status/503', '/a/../b'])('it answers any path as it came: %s', async (path) => {
  const { port } = new URL(await start());
  const reply = await sendRaw(Number(port), `GET ${path}?x=1 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  expect(reply).toMatch(/^HTTP\/1.1 200 /);
  expect(reply).toContain(`"path": "${path}"`);
  expect(reply).toContain('"x": "1"');
});

test.each(['reset', 'garbage'])('it can %s', async (path) => {
  await expect(fetch(`${await start()}/${path}`)).rejects.toThrow('fetch failed');
});
