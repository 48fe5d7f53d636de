import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Upstream, type UpstreamRequest } from '../../../../lambdas/adapters/http/upstream.ts';
import { MAX_RESPONSE_FIELDS, type UpstreamResponse } from '../../../../lambdas/adapters/http/upstream-answer.ts';
import type { UpstreamError } from '../../../../lambdas/adapters/http/upstream-error.ts';
import { closersOf } from '../../../support/closers.ts';
import { heldBytes } from '../../../support/memory.ts';
import { flood, pour, serveTcp, trickle } from '../../../support/upstreams/upstream.ts';

const TIMEOUT_MS = 10_000;
/** Longer than a test may take. */
const NO_DEADLINE_MS = 60_000;
const MB = 1024 * 1024;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

const closers = closersOf();

type Answering = (socket: Socket) => void;

/** An upstream whose server does the same with each request. */
async function answering(answer: Answering) {
  const server = await serveTcp((socket) => socket.on('data', () => answer(socket)));
  closers.push(server.stop);
  const upstream = new Upstream(server.url);
  closers.push(() => upstream.close());
  const send = (changes: Partial<UpstreamRequest> = {}, timeoutMs = TIMEOUT_MS): Promise<UpstreamResponse> =>
    upstream.send({ method: 'GET', target: '/', headers: {}, body: undefined, ...changes }, timeoutMs);
  return { ...server, send };
}

async function failure(sent: Promise<UpstreamResponse>): Promise<UpstreamError> {
  return sent.then(
    ({ status }) => Promise.reject(new Error(`answered ${status}`)),
    (error) => error,
  );
}

function fields(count: number): string {
  return Array.from({ length: count }, (_, index) => `a${index}: b\r\n`).join('');
}

describe('a flood', () => {
  const FLOODS: [string, string, Answering][] = [
    ['100 Continue', 'unreachable', (socket) => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n')],
    ['102 Processing', 'unreachable', (socket) => flood(socket, 'HTTP/1.1 102 Processing\r\n\r\n')],
    ['103 Early Hints', 'unreachable', (socket) => flood(socket, `HTTP/1.1 103 Early Hints\r\n${fields(20)}\r\n`)],
    ['fields', 'too_large', (socket) => socket.write('HTTP/1.1 200 OK\r\n') && flood(socket, 'a: b\r\n')],
    ['fields without a value', 'too_large', (socket) => socket.write('HTTP/1.1 200 OK\r\n') && flood(socket, 'a:\r\n')],
    ['one endless field', 'too_large', (socket) => socket.write('HTTP/1.1 200 OK\r\na: ') && flood(socket, 'b')],
    ['one endless reason', 'too_large', (socket) => socket.write('HTTP/1.1 200 ') && flood(socket, 'b')],
    ['trailers', 'too_large', (socket) => socket.write(`${CHUNKED}0\r\n`) && flood(socket, 'a: b\r\n')],
    ['one endless chunk extension', 'unreachable', (socket) => socket.write(`${CHUNKED}1;`) && flood(socket, 'b')],
    ['garbage', 'unreachable', (socket) => flood(socket, '\u0000')],
  ];

  it.each(FLOODS)('of %s ends before the deadline, and its connection, and is hardly read', async (_, code, begin) => {
    const { send, connections, allClosed } = await answering(begin);
    expect(await failure(send())).toMatchObject({ code });
    await allClosed();
    // What the kernel takes in before anybody reads it is some megabytes.
    expect(connections[0]?.bytesWritten).toBeLessThan(32 * MB);
  });

  const UNANSWERABLE: [string, string, string][] = [
    ['empty lines, which are no answer yet,', '', '\r\n'],
    ['chunk extensions', CHUNKED, `1;${'b'.repeat(1000)}\r\nx\r\n`],
    ['zeros before a chunk size', CHUNKED, '0'],
  ];

  it.each(UNANSWERABLE)('of %s is not kept', async (_, start, text) => {
    const poured = Promise.withResolvers<Socket>();
    const { send } = await answering((socket) => {
      socket.write(start);
      pour(socket, text, 64 * MB).then(() => poured.resolve(socket), poured.reject);
    });
    const heldBefore = await heldBytes();
    const sent = failure(send({}, NO_DEADLINE_MS));
    const socket = await poured.promise;
    // All but the kernel's some megabytes has been read: kept, it would be four times what is allowed here.
    expect((await heldBytes()) - heldBefore).toBeLessThan(16 * MB);
    socket.destroy();
    expect(await sent).toMatchObject({ code: 'unreachable' });
  });

  it.each(UNANSWERABLE)('of %s ends at the deadline, and its connection', async (_, start, text) => {
    const { send, allClosed } = await answering((socket) => {
      socket.write(start);
      flood(socket, text);
    });
    expect(await failure(send({}, 200))).toMatchObject({ code: 'timeout' });
    await allClosed();
  });
});

describe('a body in chunks of one byte', () => {
  it('takes little more memory than one in a piece', async () => {
    const size = MB;
    const written = Promise.withResolvers<Socket>();
    const { send } = await answering((socket) => {
      socket.write(CHUNKED + '1\r\nx\r\n'.repeat(size), () => written.resolve(socket));
    });
    const heldBefore = await heldBytes();
    const sent = send({}, NO_DEADLINE_MS);
    const socket = await written.promise;
    // All but what is in the kernel's hands has been read. A Buffer for each byte of it would take a hundred MB.
    expect((await heldBytes()) - heldBefore).toBeLessThan(32 * MB);
    socket.end('0\r\n\r\n');
    const { body } = await sent;
    expect(body.equals(Buffer.alloc(size, 'x'))).toBe(true);
  });

  it('is the same body', async () => {
    const text = Array.from({ length: 5000 }, (_, index) => String(index)).join(' ');
    const chunks = [...text].map((character) => `1\r\n${character}\r\n`).join('');
    const { send } = await answering((socket) => socket.write(`${CHUNKED}${chunks}0\r\n\r\n`));
    expect(String((await send()).body)).toBe(text);
  });
});

describe('header fields', () => {
  const withFields = (count: number) => `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${fields(count - 1)}\r\n`;

  it('arrive, all of the thousand that there may be', async () => {
    const { send } = await answering((socket) => socket.write(withFields(MAX_RESPONSE_FIELDS)));
    expect(Object.keys((await send()).headers)).toHaveLength(MAX_RESPONSE_FIELDS);
  });

  it.each([
    [MAX_RESPONSE_FIELDS + 1, 'unreachable'],
    [2000, 'unreachable'],
    [100_000, 'too_large'],
  ])('are %d: that is no answer, not one with some of them', async (count, code) => {
    const { send, allClosed } = await answering((socket) => socket.write(withFields(count)));
    expect(await failure(send())).toMatchObject({ code });
    await allClosed();
  });
});

describe('a length', () => {
  const GIGABYTE = 'content-length: 1000000000\r\n\r\n';

  it('of a gigabyte is believed, and nobody waits for it', async () => {
    const { send, allClosed } = await answering((socket) => socket.write(`HTTP/1.1 200 OK\r\n${GIGABYTE}abc`));
    expect(await failure(send())).toMatchObject({ code: 'too_large' });
    await allClosed();
  });

  it.each([
    ['HEAD', 200, 2],
    ['GET', 304, 1],
  ])('of a gigabyte does not matter where no body comes: %s, %d', async (method, status, count) => {
    const { send, connections } = await answering((socket) => socket.write(`HTTP/1.1 ${status} X\r\n${GIGABYTE}`));
    for (let turn = 0; turn < 2; turn += 1) expect(await send({ method })).toMatchObject({ status });
    expect(connections).toHaveLength(count);
  });

  it('that is longer than the body ends with the connection', async () => {
    const { send, allClosed } = await answering((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'),
    );
    expect(await failure(send())).toMatchObject({ code: 'unreachable' });
    await allClosed();
  });

  it('that is longer than the body ends at the deadline where the connection stays', async () => {
    const { send, allClosed } = await answering((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'),
    );
    expect(await failure(send({}, 150))).toMatchObject({ code: 'timeout' });
    await allClosed();
  });

  it('that is shorter than the body makes the connection unusable', async () => {
    const { send, connections, allClosed } = await answering((socket) => socket.write(`${OK}, and more than was said`));
    for (let turn = 0; turn < 2; turn += 1) expect(await failure(send())).toMatchObject({ code: 'unreachable' });
    expect(connections).toHaveLength(2);
    await allClosed();
  });

  it.each([
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nx',
  ])('that can be read in two ways is none: %j', async (answer) => {
    const { send, allClosed } = await answering((socket) => socket.write(answer));
    expect(await failure(send())).toMatchObject({ code: 'unreachable' });
    await allClosed();
  });
});

describe('interim answers', () => {
  const interim = (count: number) => 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(count);

  it('are heard a hundred times', async () => {
    const { send } = await answering((socket) => socket.write(interim(100) + OK));
    expect(await send()).toMatchObject({ status: 200 });
  });

  it('are not heard once more', async () => {
    const { send, allClosed } = await answering((socket) => socket.write(interim(101) + OK));
    expect(await failure(send())).toMatchObject({ code: 'unreachable' });
    await allClosed();
  });

  it('now and then do not put off the deadline', async () => {
    const { send, allClosed } = await answering((socket) => trickle(socket, interim(1), interim(1)));
    expect(await failure(send({}, 150))).toMatchObject({ code: 'timeout' });
    await allClosed();
  });
});

it('trailers are read and left out', async () => {
  const { send, connections } = await answering((socket) => {
    socket.write(`${CHUNKED}2\r\nok\r\n0\r\nx-user-id: root\r\nset-cookie: a=1\r\n\r\n`);
  });
  for (let turn = 0; turn < 2; turn += 1) {
    const { headers, cookies, body } = await send();
    expect([headers, cookies, String(body)]).toEqual([{ 'transfer-encoding': 'chunked' }, [], 'ok']);
  }
  expect(connections).toHaveLength(1);
});

describe('an answer before the whole request was read', () => {
  const EARLY = 'HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno';

  it.each<[string, Answering]>([
    ['is given, and the connection reset', (socket) => socket.write(EARLY, () => socket.resetAndDestroy())],
    ['is given, and the connection closed', (socket) => socket.end(EARLY, () => socket.destroy())],
    ['is given, and the connection left open', (socket) => socket.write(EARLY)],
  ])('%s', async (_, answer) => {
    const { send, connections, allClosed } = await answering((socket) => {
      socket.pause();
      socket.removeAllListeners('data');
      answer(socket);
    });
    const answered = await send({ method: 'POST', body: Buffer.alloc(20 * MB) });
    expect([answered.status, String(answered.body)]).toEqual([413, 'no']);
    for (const socket of connections) socket.resume();
    await allClosed();
  });
});

it('a second answer that comes later, when the connection is idle, is nobody’s', async () => {
  let turn = 0;
  const { send, connections } = await answering((socket) => {
    turn += 1;
    socket.write(OK.replace('ok', String(10 * turn)));
    if (turn === 1) setImmediate(() => socket.write(OK.replace('ok', '99')));
  });
  expect(String((await send()).body)).toBe('10');
  await new Promise((resolve) => connections[0]?.once('close', resolve));
  expect(String((await send()).body)).toBe('20');
});
