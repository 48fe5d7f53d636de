import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Upstream } from '../../../../lambdas/adapters/http/upstream.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { MAX_BODY_BYTES } from '../../../../lambdas/core/http/reply-limits.ts';
import type { ProxyResult } from '../../../../lambdas/proxy/exchange.ts';
import { pipeline } from '../../../../lambdas/proxy/pipeline.ts';
import { closersOf } from '../../../support/closers.ts';
import { memoryCounters } from '../../../support/counters.ts';
import { ALICE, type EventOptions, lambdaContext, proxyEvent } from '../../../support/event.ts';
import { captureLines } from '../../../support/lines.ts';
import { circuitPolicy, servicePolicy } from '../../../support/policy.ts';
import { flood, serveEcho, serveTcp, trickle } from '../../../support/upstreams/upstream.ts';
import { problemOf } from '../gateway.ts';
import { createForwarder, type Forwarder } from './forwarder.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const DEADLINE_HEADER = 'x-request-deadline-ms';
/** What Lambda counts as 6 MB. */
const LAMBDA_REPLY_BYTES = 6_291_556;
/** What a busy machine may add. */
const LITTLE_MS = 1000;

const closers = closersOf();
let output: ReturnType<typeof captureLines>;
beforeEach(() => {
  output = captureLines();
});
afterEach(() => output.restore());

/** The whole pipeline of a service without a circuit. */
function proxyTo(url: string, changes: Partial<ServicePolicy> = {}): (event?: EventOptions) => Promise<ProxyResult> {
  const policy = servicePolicy({ upstream: url, circuit: null, ...changes });
  const upstream = new Upstream(policy.upstream);
  closers.push(() => upstream.close());
  const handler = pipeline({
    policy,
    upstream,
    circuit: undefined,
    ...memoryCounters(),
    takeStoreEvents: () => ({ errors: 0, lost: 0, recovered: 0 }),
    clock: Date.now,
    monotonic: () => performance.now(),
    random: () => 0.5,
    randomHex: (bytes) => '0'.repeat(2 * bytes),
    by: 'an instance',
  });
  return (event) => handler(proxyEvent({ verdict: ALICE, ...event }), lambdaContext()) as Promise<ProxyResult>;
}

async function echoing() {
  const server = await serveEcho();
  closers.push(server.stop);
  return server;
}

async function serving(onConnection: (socket: Socket, index: number) => void) {
  const server = await serveTcp(onConnection);
  closers.push(server.stop);
  return server;
}

/** The last stage of the pipeline alone. */
function forwarderTo(url: string, changes: Partial<ServicePolicy> = {}): Forwarder {
  const forwarder = createForwarder(servicePolicy({ upstream: url, ...changes }));
  closers.push(forwarder.close);
  return forwarder;
}

/** The deadline that a request as it came over the wire tells. */
function toldMs(data: unknown): number {
  return Number(/x-request-deadline-ms: (\d+)\r\n/.exec(String(data))?.[1]);
}

describe('the upstream is told the deadline', () => {
  it('as what is left of it', async () => {
    const { url, received } = await echoing();
    await proxyTo(url, { timeoutMs: 5000 })();
    const told = Number(received[0]?.headers[DEADLINE_HEADER]);
    expect(told).toBeLessThanOrEqual(5000);
    expect(told).toBeGreaterThan(5000 - LITTLE_MS);
  });

  it.each([
    ['protected', {}],
    ['public', { default: { auth: { type: 'none' }, limits: [], cost: 1 } } as const],
  ])('by the gateway alone, on a %s route', async (_, policy) => {
    const { url, received } = await echoing();
    const headers = {
      [DEADLINE_HEADER]: '99999999',
      x_request_deadline_ms: '99999999',
      'x.request-deadline_ms': '99999999',
    };
    await proxyTo(url, policy)({ headers });
    expect(JSON.stringify(received[0]?.headers)).not.toContain('99999999');
    expect(received[0]?.headers).toHaveProperty([DEADLINE_HEADER]);
  });

  it('with each attempt, and each time less is left', async () => {
    const told: number[] = [];
    const { url } = await serving((socket) => {
      socket.once('data', (data) => {
        told.push(toldMs(data));
        socket.resetAndDestroy();
      });
    });
    await proxyTo(url, { timeoutMs: 5000, retry: { attempts: 3, budgetShare: 1 } })();
    expect(told).toHaveLength(4);
    // Half of 25, 50 and 100 ms; a timer may be a millisecond early, and what is told is rounded down.
    for (const [index, pauseMs] of [12, 25, 50].entries()) {
      expect((told[index] ?? 0) - (told[index + 1] ?? 0)).toBeGreaterThanOrEqual(pauseMs - 2);
    }
  });
});

describe('the deadline', () => {
  it('is of the whole request, whatever was asked of the upstream before', async () => {
    const told: number[] = [];
    const { url, allClosed } = await serving((socket) => socket.once('data', (data) => told.push(toldMs(data))));
    const forwarder = forwarderTo(url, { timeoutMs: 20_000 });
    const startedAtMs = performance.now();
    const { result, forwarded } = await forwarder.send({}, { deadlineAtMs: startedAtMs + 150 });
    expect(result).toMatchObject({ code: 'upstream_timeout' });
    expect(performance.now() - startedAtMs).toBeLessThan(150 + LITTLE_MS);
    expect(forwarded?.attempts).toMatchObject([{ result: { error: 'timeout' } }]);
    expect(told[0]).toBeLessThanOrEqual(150);
    await allClosed();
  });

  it('that is over sends nothing', async () => {
    const { url, connections } = await serving(() => undefined);
    const forwarder = forwarderTo(url);
    const { result } = await forwarder.send({}, { deadlineAtMs: performance.now() });
    expect(result).toMatchObject({ code: 'upstream_timeout' });
    expect(connections).toHaveLength(0);
  });

  it('is no longer for a request that is sent again', async () => {
    const { url, connections, allClosed } = await serving((socket, index) => {
      // The first attempt costs half of the time, the second one never ends.
      if (index === 0) socket.once('data', () => setTimeout(() => socket.resetAndDestroy(), 150));
      else socket.resume();
    });
    const startedAtMs = performance.now();
    const result = await proxyTo(url, { timeoutMs: 300, retry: { attempts: 3, budgetShare: 1 } })();
    const elapsedMs = performance.now() - startedAtMs;
    expect(problemOf(result)).toMatchObject({ code: 'upstream_timeout', status: 504 });
    expect(connections).toHaveLength(2);
    expect(elapsedMs).toBeGreaterThan(290);
    expect(elapsedMs).toBeLessThan(300 + 200);
    await allClosed();
  });
});

describe('a client is answered', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

  it.each<[number, string, (socket: Socket) => void]>([
    [504, 'never answers', () => undefined],
    [504, 'trickles its fields', (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\nx: ', 'x')],
    [504, 'trickles its body', (socket) => trickle(socket, CHUNKED, '1\r\nx\r\n')],
    [504, 'answers 102 now and then', (socket) => trickle(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n')],
    [504, 'says a longer length', (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok')],
    [502, 'answers 100 for ever', (socket) => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n')],
    [502, 'answers 103 for ever', (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')],
    [502, 'answers 101', (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n')],
    [
      502,
      'answers 100,000 fields',
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}\r\n`),
    ],
    [502, 'says a gigabyte', (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n')],
    [502, 'sends trailers for ever', (socket) => socket.write(`${CHUNKED}0\r\n`) && flood(socket, 'a: b\r\n')],
    [502, 'sends garbage', (socket) => flood(socket, 'garbage')],
    [502, 'closes within its body', (socket) => void socket.end(`${CHUNKED}5\r\nhe`)],
    [502, 'closes before it answers', (socket) => void socket.end()],
    [502, 'says a shorter length', (socket) => void socket.write(`${OK} and more`)],
    [502, 'answers 999', (socket) => void socket.end('HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n')],
    [200, 'sends trailers', (socket) => void socket.end(`${CHUNKED}2\r\nok\r\n0\r\na: b\r\n\r\n`)],
  ])('%d when the upstream %s, and the connection is closed', async (status, _, answer) => {
    const { url, allClosed } = await serving((socket) => socket.once('data', () => answer(socket)));
    const startedAtMs = performance.now();
    const result = await proxyTo(url, { timeoutMs: 250 })();
    expect(result.statusCode).toBe(status);
    expect(performance.now() - startedAtMs).toBeLessThan(250 + LITTLE_MS);
    await allClosed();
  });

  it('413 when the upstream does not want to read the body', async () => {
    const { url, connections, allClosed } = await serving((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n');
      });
    });
    expect(await proxyTo(url)({ method: 'POST', body: Buffer.alloc(20_000_000) })).toMatchObject({ statusCode: 413 });
    for (const socket of connections) socket.resume();
    await allClosed();
  });
});

describe('an answer that is too large', () => {
  const MB = 1e6;
  const TEXT = 'text/plain';
  const JPEG = 'image/jpeg';

  async function answering(type: string, body: Buffer, fields = ''): Promise<string> {
    const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${fields}content-length: ${body.length}\r\n\r\n`;
    const { url } = await serving((socket) =>
      socket.once('data', () => socket.write(Buffer.concat([Buffer.from(head), body]))),
    );
    return url;
  }

  it.each<[string, Buffer, string, string]>([
    [JPEG, Buffer.alloc(MAX_BODY_BYTES.binary + 1), '', '4,669,440 bytes (4.7 MB), the most binary or compressed data'],
    [JPEG, Buffer.alloc(7 * MB), '', '4,669,440 bytes (4.7 MB), the most binary or compressed data'],
    [TEXT, Buffer.alloc(5 * MB), 'content-encoding: gzip\r\n', '4,669,440 bytes (4.7 MB), the most binary'],
    [TEXT, Buffer.alloc(5 * MB, 0xff), '', '4,669,440 bytes (4.7 MB), the most binary'],
    [TEXT, Buffer.alloc(MAX_BODY_BYTES.text, 'x'), '', '6,225,920 bytes (6.2 MB), the most text'],
    [TEXT, Buffer.alloc(7 * MB, 'x'), '', '6,225,920 bytes (6.2 MB), the most text'],
    [TEXT, Buffer.alloc(4 * MB, '"'), '', '6,225,920 bytes (6.2 MB), the most text'],
  ])('names the limit that holds for it, and the log says so: %s', async (type, body, fields, limit) => {
    const result = await proxyTo(await answering(type, body, fields))();
    expect(problemOf(result)).toMatchObject({ status: 502, code: 'bad_gateway' });
    expect(problemOf(result).detail).toContain(`the answer is larger than ${limit}`);
    expect(output.lines[0]).toMatchObject({ status: 502, upstream_error: 'too_large', Failures: 0 });
  });

  it.each<[string, Buffer]>([
    [JPEG, Buffer.alloc(MAX_BODY_BYTES.binary)],
    // Two bytes are the quotes of JSON.
    [TEXT, Buffer.alloc(MAX_BODY_BYTES.text - 2, 'x')],
  ])('is not one at the limit, which Lambda returns: %s', async (type, body) => {
    const result = await proxyTo(await answering(type, body))();
    expect(result.statusCode).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(LAMBDA_REPLY_BYTES);
  });
});

describe('header fields of an answer', () => {
  /** An answer whose fields, with all that the gateway adds, have that many bytes in names and values. */
  async function withHeaderBytes(bytes: number, cookie = false) {
    let spare = 0;
    const name = cookie ? 'set-cookie' : 'x-large';
    const { url } = await serving((socket) => {
      socket.on('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\n${name}: ${'x'.repeat(spare)}\r\ncontent-length: 0\r\n\r\n`),
      );
    });
    const send = proxyTo(url);
    spare = 1;
    spare += bytes - bytesOfHeaders(await send());
    return send();
  }

  function bytesOfHeaders({ headers = {}, cookies = [] }: ProxyResult): number {
    const pairs = [...Object.entries(headers), ...cookies.map((cookie) => ['set-cookie', cookie])];
    return pairs.flat().join('').length;
  }

  it.each([false, true])('may have 10,240 bytes, those of the gateway counted (a cookie: %s)', async (cookie) => {
    const result = await withHeaderBytes(10_240, cookie);
    expect(result.statusCode).toBe(200);
    expect(bytesOfHeaders(result)).toBe(10_240);
    expect(result.headers).toHaveProperty('x-ratelimit-limit');
    expect(result.headers).toHaveProperty('strict-transport-security');
  });

  it.each([false, true])('over that are answered 502 with the reason, no failure (a cookie: %s)', async (cookie) => {
    const result = await withHeaderBytes(10_241, cookie);
    expect(problemOf(result)).toMatchObject({
      status: 502,
      code: 'bad_gateway',
      detail: 'the answer has 10,241 bytes of header fields and API Gateway returns 10,240 at most',
    });
    expect(result).not.toHaveProperty('cookies');
    expect(result.headers).not.toHaveProperty('x-large');
    expect(result.headers).toMatchObject({ 'x-request-id': 'request-1', 'x-ratelimit-limit': '100' });
    expect(output.lines.at(-1)).toMatchObject({ status: 502, upstream_error: 'headers_too_large', Failures: 0 });
  });
});

describe('what is noted of a request', () => {
  it.each<[string, (socket: Socket) => void, object, boolean, boolean]>([
    ['200', (socket) => socket.end(OK), { status: 200 }, false, false],
    ['404', (socket) => socket.end(OK.replace('200', '404')), { status: 404 }, false, false],
    ['429', (socket) => socket.end(OK.replace('200', '429')), { status: 429 }, false, true],
    ['500', (socket) => socket.end(OK.replace('200', '500')), { status: 500 }, true, false],
    ['a timeout', () => undefined, { error: 'timeout' }, true, false],
    ['a reset', (socket) => socket.resetAndDestroy(), { error: 'unreachable' }, true, false],
    [
      'too much',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n'),
      { error: 'too_large' },
      false,
      false,
    ],
  ])(
    'that ended in %s: its result, and whether its service takes it for a failure',
    async (_, answer, result, usual, odd) => {
      const { url } = await serving((socket) => socket.once('data', () => answer(socket)));
      const oddly = circuitPolicy({ failureStatuses: [429], failOnTimeout: false, failOnReset: false });
      for (const [circuit, failed] of [
        [null, usual],
        [circuitPolicy(), usual],
        [oddly, odd],
      ] as const) {
        const { forwarded } = await forwarderTo(url, { timeoutMs: 300, circuit }).send();
        expect(forwarded).toMatchObject({ attempts: [{ result }], failed });
      }
    },
  );

  it('are its retries, in the line and the metric, where there were any', async () => {
    const { url } = await serving((socket, index) => {
      socket.once('data', () => (index < 2 ? socket.resetAndDestroy() : socket.end(OK)));
    });
    const send = proxyTo(url, { retry: { attempts: 2, budgetShare: 1 } });
    expect(await send()).toMatchObject({ statusCode: 200 });
    await send();
    expect(output.lines[0]).toMatchObject({ retries: 2, Retries: 2, Failures: 0, status: 200 });
    expect(output.lines[1]).toMatchObject({ status: 200 });
    for (const name of ['retries', 'Retries']) expect(output.lines[1]).not.toHaveProperty(name);
  });
});
