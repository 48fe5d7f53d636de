import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServicePolicy } from '../../lambdas/contract/policy.ts';
import { windowLimit } from '../support/policy.ts';
import { type Controlled, serveControlled } from './support/controlled-upstream.ts';
import { atOnce, eventually, type ServedGateway, serve, statuses, tally, times } from './support/gateway.ts';
import { whileRedisAnswers } from './support/redis-answers.ts';

/** A window that a test can wait for. */
const SHORT_WINDOW_MS = 1500;
const PROCESSES = 3;

let gateway: ServedGateway;
let users: Controlled;
beforeAll(async () => {
  users = await serveControlled();
  gateway = await serve({ upstreams: { users: users.url }, edits: { service: shortenOrdersWindow } });
});
afterAll(async () => {
  await gateway.close();
  await users.stop();
});

function shortenOrdersWindow(policy: { -readonly [Key in keyof ServicePolicy]: ServicePolicy[Key] }): void {
  if (policy.service !== 'orders') return;
  policy.default = { ...policy.default, limits: [windowLimit(3, SHORT_WINDOW_MS)] };
}

describe('the default limit of 100 requests a minute', () => {
  test('lets 100 requests of a client pass and answers the 101st with 429 and what to do', async () => {
    const [answers, token] = await whileRedisAnswers(gateway, async (index) => {
      const alice = await gateway.token(`alice-${index}`);
      return [await times(101, () => gateway.send('/api/users/42', { token: alice })), alice] as const;
    });
    expect(statuses(answers)).toEqual([...Array(100).fill(200), 429]);
    expect(answers.slice(0, 100).map(({ headers }) => Number(headers['x-ratelimit-remaining']))).toEqual(
      Array.from({ length: 100 }, (_, index) => 99 - index),
    );

    const refused = answers[100];
    expect(refused?.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '0',
      'ratelimit-policy': expect.stringMatching(/^"client";q=100;w=60;pk=:[\w+/]{8}:$/),
      ratelimit: expect.stringMatching(/^"client";r=0;t=\d+;pk=:[\w+/]{8}:$/),
    });
    const waitS = Number(refused?.headers['retry-after']);
    expect(waitS).toBeGreaterThan(0);
    expect(waitS).toBeLessThanOrEqual(60);
    expect(Number(refused?.headers['x-ratelimit-reset'])).toBeGreaterThan(Date.now() / 1000);
    expect(refused?.json()).toMatchObject({ code: 'rate_limited', status: 429 });

    const bob = await gateway.token('bob');
    expect(statuses([await gateway.send('/api/users/42', { token: bob })])).toEqual([200]);
    expect(statuses([await gateway.send('/api/payments/42', { token })])).toEqual([200]);
  });

  test('is counted once for all processes of the function', async () => {
    const warmUp = await gateway.token('warm-up');
    const before = users.calls();
    const release = users.hold();
    const held = atOnce(PROCESSES, () => gateway.send('/api/users/42', { token: warmUp }));
    await users.until(before + PROCESSES);
    release();
    await held;

    const answers = await whileRedisAnswers(gateway, async (index) => {
      const token = await gateway.token(`carol-${index}`);
      return times(43, () => atOnce(PROCESSES, () => gateway.send('/api/users/42', { token })));
    });
    expect(tally(answers.flat())).toEqual({ 200: 100, 429: 29 });
    const starts = gateway.requestLines().filter(({ service, cold_start }) => service === 'users' && cold_start);
    expect(starts.length).toBeGreaterThanOrEqual(PROCESSES);
  });

  test('counts a client of a public service by its address, whatever it says of its address', async () => {
    const [passed, refused] = await whileRedisAnswers(gateway, async (index) => {
      const from = { localAddress: `127.0.0.${index}` };
      const hundred = await times(100, () => gateway.send('/api/products/42', from));
      const headers = { 'x-forwarded-for': '198.51.100.7', forwarded: 'for=198.51.100.7' };
      return [hundred, await gateway.send('/api/products/42', { ...from, headers })] as const;
    });
    expect(tally(passed)).toEqual({ 200: 100 });
    expect(refused.status).toBe(429);
  });
});

describe('limits of one service or route', () => {
  test('payments let 20 requests a minute pass', async () => {
    const answers = await whileRedisAnswers(gateway, async (index) => {
      const token = await gateway.token(`dave-${index}`);
      return times(21, () => gateway.send('/api/payments/42', { token }));
    });
    expect(statuses(answers)).toEqual([...Array(20).fill(200), 429]);
    expect(answers[20]?.headers).toMatchObject({ 'x-ratelimit-limit': '20' });
  });

  test('refunds let 5 requests a minute pass, in all spellings together, and count apart from the service', async () => {
    const spellings = ['/refunds', '//refunds', '/refunds/', '/%72efunds', '/Refunds', '/refunds'];
    const [refunds, other] = await whileRedisAnswers(gateway, async (index) => {
      const token = await gateway.token(`erin-${index}`, { scope: 'payments:refund' });
      const send = (path: string) => gateway.send(`/api/payments${path}`, { method: 'POST', token });
      return [await times(spellings.length, (spelling) => send(spellings[spelling] ?? '')), await send('/42')] as const;
    });
    expect(statuses(refunds)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(refunds[5]?.headers).toMatchObject({ 'x-ratelimit-limit': '5' });
    expect(other.status).toBe(200);
  });

  test('a client that keeps knocking is let in again when its window has passed', async () => {
    const token = await gateway.token('frank');
    const knock = () => gateway.send('/api/orders/42', { token });
    expect(await eventually(knock, ({ status }) => status === 429)).toMatchObject({ status: 429 });
    let refused = 0;
    await eventually(knock, ({ status }) => {
      if (status === 429) refused += 1;
      return status === 200;
    });
    expect(refused).toBeGreaterThan(2);
  });
});
