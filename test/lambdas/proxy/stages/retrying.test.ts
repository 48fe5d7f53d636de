import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { type CircuitState, INITIAL_CIRCUIT, NOBODY } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import type { CircuitDecision, Exchange } from '../../../../lambdas/proxy/exchange.ts';
import { TestClock } from '../../../support/clock.ts';
import { closersOf } from '../../../support/closers.ts';
import { type Counters, memoryCounters } from '../../../support/counters.ts';
import { circuitPolicy, servicePolicy } from '../../../support/policy.ts';
import { freePort } from '../../../support/redis/redis.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';
import { createForwarder, type Forwarder, type ForwarderOptions } from './forwarder.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const RETRY = { attempts: 2, budgetShare: 1 };
const TIMEOUT_MS = 5000;
const REFUSED = { result: { error: 'unreachable' } };

const closers = closersOf();

function forwarderTo(upstream: string, changes: Partial<ServicePolicy> = {}, options?: ForwarderOptions) {
  const forwarder = createForwarder(servicePolicy({ upstream, retry: RETRY, circuit: null, ...changes }), options);
  closers.push(forwarder.close);
  return forwarder;
}

/** An upstream that does with its n-th request, each of them on a connection of its own, what the test says. */
async function upstreamThat(...answers: ((socket: Socket) => void)[]) {
  const server = await serveTcp((socket, index) => {
    socket.once('data', () => (answers[index] ?? answers.at(-1))?.(socket));
  });
  closers.push(server.stop);
  return server;
}

const reset = (socket: Socket) => void socket.resetAndDestroy();
const answer = (text: string) => (socket: Socket) => void socket.end(text);

function asked(state: Partial<CircuitState>, changes: Partial<CircuitDecision> = {}): { circuit: CircuitDecision } {
  return { circuit: { state: { ...INITIAL_CIRCUIT, ...state } as CircuitState, action: 'pass', ...changes } };
}

describe('a connection that failed', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('is followed by another one, for %s', async (method) => {
    const server = await upstreamThat(reset, reset, answer('HTTP/1.1 204 No Content\r\n\r\n'));
    const { result, forwarded } = await forwarderTo(server.url).send({ method });
    expect(result).toMatchObject({ statusCode: 204 });
    expect(forwarded).toMatchObject({ attempts: [REFUSED, REFUSED, { result: { status: 204 } }], failed: false });
  });

  it.each([
    ['reset', reset],
    ['closed', (socket: Socket) => void socket.end()],
    ['closed within the fields of an answer', answer('HTTP/1.1 200 OK\r\nx: y')],
    ['reset after an interim answer', (socket: Socket) => socket.write('HTTP/1.1 103 E\r\n\r\n', () => reset(socket))],
  ])('may have been %s', async (_, fail) => {
    const server = await upstreamThat(fail, answer(OK));
    expect((await forwarderTo(server.url).send()).result).toMatchObject({ statusCode: 200 });
  });

  it('is not followed by another one where the upstream cut a body off', async () => {
    const server = await upstreamThat(reset, answer(OK));
    const upload = { method: 'PUT', body: Buffer.alloc(20 * 1024 * 1024) };
    const { result, forwarded } = await forwarderTo(server.url).send(upload);
    expect(result).toMatchObject({ code: 'bad_gateway' });
    expect(forwarded).toMatchObject({ attempts: [{ result: { error: 'unsent' } }], failed: false });
    expect(server.connections).toHaveLength(1);
  });

  it('may have been refused, as often as there are attempts', async () => {
    const forwarder = forwarderTo(`http://127.0.0.1:${await freePort()}`);
    const { result, forwarded } = await forwarder.send();
    expect(result).toMatchObject({ code: 'bad_gateway' });
    expect(forwarded).toMatchObject({ attempts: [REFUSED, REFUSED, REFUSED], failed: true });
  });

  it('takes nothing of the body from the next attempt', async () => {
    const seen: string[] = [];
    const server = await serveTcp((socket, index) => {
      socket.once('data', (data) => {
        seen.push(String(data).split('\r\n\r\n')[1] ?? '');
        if (index === 0) reset(socket);
        else socket.end(OK);
      });
    });
    closers.push(server.stop);
    await forwarderTo(server.url).send({ method: 'PUT', body: Buffer.from('the body') });
    expect(seen).toEqual(['the body', 'the body']);
  });

  it('is the end without a retry policy', async () => {
    const server = await upstreamThat(reset);
    const { result, forwarded } = await forwarderTo(server.url, { retry: null }).send();
    expect(result).toMatchObject({ code: 'bad_gateway' });
    expect(forwarded?.attempts).toHaveLength(1);
  });
});

describe('nothing is sent again', () => {
  it.each(['POST', 'PATCH', 'PROPFIND'])('by %s, which may have been done', async (method) => {
    const server = await upstreamThat(reset);
    expect((await forwarderTo(server.url).send({ method })).forwarded?.attempts).toHaveLength(1);
    expect(server.connections).toHaveLength(1);
  });

  it.each<[string, (socket: Socket) => void, object]>([
    ['answered 500', answer('HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n'), { statusCode: 500 }],
    ['answered 503', answer('HTTP/1.1 503 X\r\nretry-after: 0\r\n\r\n'), { statusCode: 503 }],
    ['broke off within its body', answer('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'), { code: 'bad_gateway' }],
    [
      'reset the connection within its body',
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok', () => reset(socket)),
      { code: 'bad_gateway' },
    ],
    ['answered no HTTP', answer('garbage\r\n\r\n'), { code: 'bad_gateway' }],
    ['answered too much', answer('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n'), { code: 'bad_gateway' }],
  ])('to an upstream that %s', async (_, respond, expected) => {
    const server = await upstreamThat(respond);
    expect((await forwarderTo(server.url).send()).result).toMatchObject(expected);
    expect(server.connections).toHaveLength(1);
  });

  it('to an upstream that did not answer in time', async () => {
    const server = await upstreamThat(() => undefined);
    const { result } = await forwarderTo(server.url, { timeoutMs: 150 }).send();
    expect(result).toMatchObject({ code: 'upstream_timeout' });
    expect(server.connections).toHaveLength(1);
  });

  it.each<[string, { circuit: CircuitDecision }]>([
    ['is half-open, and this is its probe', asked({ state: 'half-open' }, { action: 'probe', probe: 'p' })],
    ['is half-open in shadow mode', asked({ state: 'half-open' }, { action: 'reject', isShadowed: true })],
    ['is open in shadow mode', asked({ state: 'open' }, { action: 'reject', isShadowed: true })],
    ['was closed by force', asked({ state: 'forced-closed' })],
    ['ramps up and would have rejected it', asked({}, { action: 'reject', isShadowed: true })],
  ])('while the circuit %s', async (_, known) => {
    const server = await upstreamThat(reset);
    const forwarder = forwarderTo(server.url, { circuit: circuitPolicy() });
    expect((await forwarder.send({}, known)).forwarded?.attempts).toHaveLength(1);
    expect(server.connections).toHaveLength(1);
  });

  it.each([
    ['when the rest of the deadline is no use', 50, 0],
    ['when the pause would take the rest of the deadline', 74, 0.99],
  ])('%s, and nothing is taken of the budget', async (_, leftMs, random) => {
    const clock = new TestClock(0);
    const server = await upstreamThat((socket) => {
      clock.advance(TIMEOUT_MS - leftMs);
      reset(socket);
    });
    const counters = memoryCounters();
    const takeRetry = vi.spyOn(counters.retryBudget, 'takeRetry');
    const options = { counters, random: () => random, clock };
    await forwarderTo(server.url, { timeoutMs: TIMEOUT_MS }, options).send();
    expect(server.connections).toHaveLength(1);
    expect(takeRetry).not.toHaveBeenCalled();
  });
});

it('a probe goes out once, even over a connection that was kept for too long', async () => {
  let requests = 0;
  const server = await serveTcp((socket) => {
    let seen = 0;
    socket.on('data', () => {
      requests += 1;
      seen += 1;
      // Every second request on a connection finds that it was given up.
      if (seen === 2) reset(socket);
      else socket.write(OK);
    });
  });
  closers.push(server.stop);
  const forwarder = forwarderTo(server.url, { circuit: circuitPolicy(), retry: null });
  await forwarder.send({}, asked({}));
  const { result } = await forwarder.send({}, asked({ state: 'half-open' }, { action: 'probe', probe: 'p' }));
  expect([result, requests]).toMatchObject([{ statusCode: 200 }, 2]);
});

describe('the pause', () => {
  it('grows and is counted as the upstream’s time', async () => {
    const server = await upstreamThat(reset);
    const clock = new TestClock(0);
    const sleeps = vi.spyOn(clock, 'advance');
    const { forwarded } = await forwarderTo(server.url, {}, { random: () => 0.5, clock }).send();
    expect(sleeps.mock.calls).toEqual([[12.5], [25]]);
    expect(forwarded).toMatchObject({ upstreamMs: 37.5, attempts: [{ ms: 0 }, { ms: 0 }, { ms: 0 }] });
  });
});

describe('the budget', () => {
  /** How many attempts each of so many requests makes, one request after the other. */
  async function attemptsOf(forwarder: Forwarder, requests: number, known: Partial<Exchange> = {}) {
    const attempts: number[] = [];
    for (let request = 0; request < requests; request += 1) {
      const { result, forwarded } = await forwarder.send({}, known);
      expect(result).toMatchObject({ code: 'bad_gateway' });
      attempts.push(forwarded?.attempts.length ?? 0);
    }
    return attempts;
  }

  it('ends the attempts of a request', async () => {
    const server = await upstreamThat(reset);
    const forwarder = forwarderTo(server.url, { retry: { attempts: 2, budgetShare: 0.001 } });
    expect(FREE_RETRIES).toBe(3);
    expect(await attemptsOf(forwarder, 3)).toEqual([3, 2, 1]);
  });

  it('is one for all instances, and of their requests it is a share', async () => {
    const server = await upstreamThat(reset);
    const counters = memoryCounters();
    const retry = { attempts: 3, budgetShare: 0.1 };
    const fleet = Array.from({ length: 5 }, () => forwarderTo(server.url, { retry }, { counters }));
    for (let turn = 0; turn < 40; turn += 1) await Promise.all(fleet.map((forwarder) => forwarder.send()));
    const retries = server.connections.length - 200;
    expect(retries).toBeLessThanOrEqual(20);
    expect(retries).toBeGreaterThanOrEqual(FREE_RETRIES);
  });

  it('is of the requests that the circuit counts, where it counts them', async () => {
    const server = await upstreamThat(reset);
    const counters = memoryCounters();
    const circuit = circuitPolicy({ windowMs: 60_000 });
    const forwarder = forwarderTo(server.url, { circuit, retry: { attempts: 3, budgetShare: 0.5 } }, { counters });
    await counters.outcomes.record('test/users/7', { total: 10, failures: 0, slow: 0 }, 60_000);
    expect(await attemptsOf(forwarder, 3, asked({ version: 7, ...NOBODY }))).toEqual([4, 3, 1]);
    expect(await attemptsOf(forwarder, 2, asked({ version: 8 }))).toEqual([1 + FREE_RETRIES, 1]);
  });

  it.each([
    ['has no circuit', null, 'test/users/0', 10_000],
    ['has one that only its alarm opens', circuitPolicy({ outcomes: false, windowMs: 30_000 }), 'test/users/7', 30_000],
  ])('is of the requests that are counted for it alone where a service %s', async (_, circuit, period, windowMs) => {
    const server = await upstreamThat(answer(OK));
    const counters = memoryCounters();
    const record = vi.spyOn(counters.outcomes, 'record');
    const known = circuit === null ? {} : asked({ version: 7 });
    await forwarderTo(server.url, { circuit }, { counters }).send({}, known);
    expect(record.mock.calls).toEqual([[period, { total: 1, failures: 0, slow: 0 }, windowMs]]);
  });

  it('needs no count of its own where the circuit counts', async () => {
    const server = await upstreamThat(answer(OK));
    const counters = memoryCounters();
    const record = vi.spyOn(counters.outcomes, 'record');
    await forwarderTo(server.url, { circuit: circuitPolicy() }, { counters }).send({}, asked({}));
    expect(record).not.toHaveBeenCalled();
  });

  it('that cannot be told in time leaves the first failure as it is', async () => {
    const server = await upstreamThat(reset);
    const clock = new TestClock(0);
    const slow: Counters = memoryCounters();
    slow.retryBudget.takeRetry = async () => {
      clock.advance(TIMEOUT_MS - 50);
      return true;
    };
    const options = { counters: slow, clock };
    const { result, forwarded } = await forwarderTo(server.url, { timeoutMs: TIMEOUT_MS }, options).send();
    expect(result).toMatchObject({ code: 'bad_gateway' });
    expect(forwarded?.attempts).toHaveLength(1);
  });
});
