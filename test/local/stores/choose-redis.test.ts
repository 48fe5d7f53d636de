import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { checkRedis, startRedis, suggestRedis } from '../../../local/stores/choose-redis.ts';
import { spawnRedis } from '../../../local/stores/redis-server.ts';

/** The server's answer to a command, or undefined where nothing answers. */
function command(port: number, text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${text}\r\n`));
    socket.once('data', (chunk) => {
      resolve(chunk.toString().trim());
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
    // A server that is just ending may take the connection and give no answer.
    socket.once('close', () => resolve(undefined));
  });
}

async function untilSilent(port: number): Promise<void> {
  while ((await command(port, 'PING')) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
}

function portOf(url: string | null): number {
  return Number(new URL(url ?? '').port);
}

test('a server of our own runs on a free port, keeps nothing on disk and ends with us', async () => {
  const redis = await startRedis('spawn', () => {});
  const port = portOf(redis.url);
  expect(await command(port, 'PING')).toBe('+PONG');
  expect(await command(port, 'CONFIG GET save')).toContain('$0');
  expect(redis.description).toMatch(/^redis-server at 127\.0\.0\.1:\d+, process \d+$/);
  await redis.close();
  expect(await command(port, 'PING')).toBeUndefined();
});

test('a server that is killed is told and started again on its port', async () => {
  const lines: string[] = [];
  let notify = () => {};
  const log = (line: string) => {
    lines.push(line);
    notify();
  };
  const redis = await spawnRedis(log, 10);
  onTestFinished(() => redis.close());
  const again = new Promise<void>((resolve) => {
    notify = () => lines.length === 2 && resolve();
  });
  const first = redis.pid();
  process.kill(first, 'SIGKILL');
  await again;
  expect(lines[0]).toBe(`redis-server ended; another one starts on port ${redis.port} in 0.01 s`);
  expect(await command(redis.port, 'PING')).toBe('+PONG');
  expect(redis.pid()).not.toBe(first);
});

test('a server does not outlive a process that is killed', async () => {
  const script = `
    import { startRedis } from ${JSON.stringify(new URL('../../../local/stores/choose-redis.ts', import.meta.url).href)};
    console.log((await startRedis('spawn', () => {})).url);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  expect(await command(portOf(url), 'PING')).toBe('+PONG');
  child.kill('SIGKILL');
  await untilSilent(portOf(url));
});

test('a Redis that runs already is used as it is, its password not told', async () => {
  const own = await startRedis('spawn', () => {});
  onTestFinished(() => own.close());
  const url = `redis://:secret@127.0.0.1:${portOf(own.url)}`;
  const redis = await startRedis({ url }, () => {});
  expect(redis.url).toBe(url);
  expect(redis.description).toBe(`Redis at redis://127.0.0.1:${portOf(own.url)}`);
});

test('a Redis that does not answer is an error that names its address', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await expect(startRedis({ url: `redis://127.0.0.1:${port}` }, () => {})).rejects.toThrow(
    `no Redis answers at REDIS_URL redis://127.0.0.1:${port}: ECONNREFUSED`,
  );
});

/** The port of a server that does this with every connection. */
async function serverThat(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

test.each([
  ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'PING is answered with "HTTP/1.1 400 Bad Request"'],
  ['a Redis with a password that is not given', '-NOAUTH Authentication required.\r\n', 'it requires a password'],
  ['a server that hangs up', '', 'it closes the connection at a PING'],
])('%s is an error that says what it answers', async (_, answer, cause) => {
  const url = `redis://127.0.0.1:${await serverThat((socket) => socket.once('data', () => socket.end(answer)))}`;
  await expect(checkRedis({ url })).rejects.toThrow(`no Redis answers at REDIS_URL ${url}: ${cause}`);
});

test('a Redis whose password is given passes', async () => {
  const port = await serverThat((socket) => socket.once('data', () => socket.end('-NOAUTH no\r\n')));
  await checkRedis({ url: `redis://:secret@127.0.0.1:${port}` });
});

test.each(['localhost:6379', 'http://localhost', 'nonsense'])(
  'REDIS_URL %s is an error that says the form',
  async (url) => {
    await expect(startRedis({ url }, () => {})).rejects.toThrow('REDIS_URL must look like redis://127.0.0.1:6379');
  },
);

test('REDIS_URL comes before a server of our own, and that before memory', () => {
  expect(suggestRedis({ REDIS_URL: 'redis://there', PATH: process.env['PATH'] })).toEqual({ url: 'redis://there' });
  expect(suggestRedis({ PATH: process.env['PATH'] })).toBe('spawn');
  expect(suggestRedis({ PATH: '/nowhere' })).toBe('memory');
});

test('without Redis there is no address', async () => {
  expect((await startRedis('memory', () => {})).url).toBeNull();
});
