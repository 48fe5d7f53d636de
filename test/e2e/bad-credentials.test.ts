import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedGateway, serve, statuses, tally, times } from './support/gateway.ts';
import { whileRedisAnswers } from './support/redis-answers.ts';

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serve();
});
afterAll(() => gateway.close());

/** Refusals of one address in a minute, of all services together. */
const ALLOWED = 30;
/** Requests of one client in a minute: see lib/gateway-stack.ts. */
const REFUNDS = 5;
const PAYMENTS = 20;

test('a whole office behind one address, whose tokens have expired, hears so and gets new ones', async () => {
  const answers = await whileRedisAnswers(gateway, async (index) => {
    const localAddress = `127.0.0.${50 + index}`;
    const expired = await gateway.token('alice', { expiresInS: -60 });
    return times(ALLOWED + 10, (count) =>
      gateway.send('/api/users/42', { token: count < ALLOWED + 5 ? expired : `guess-${count}`, localAddress }),
    );
  });
  expect(statuses(answers)).toEqual(Array(ALLOWED + 10).fill(401));
  expect(answers[0]?.headers['www-authenticate']).toContain('the token has expired');
  expect(answers.at(-1)?.headers['www-authenticate']).toContain('the token is not valid');
});

test('a client that goes on asking for what it may not do is told to wait, by the limit of the route', async () => {
  const [refused, climbing] = await whileRedisAnswers(gateway, async (index) => {
    const message = { method: 'POST', token: await gateway.token(`curious-${index}`) };
    const other = { token: await gateway.token(`climber-${index}`) };
    return [
      await times(REFUNDS + 2, () => gateway.send('/api/payments/refunds', message)),
      await times(PAYMENTS + 2, () => gateway.send('/api/payments/%2e%2e/users', other)),
    ] as const;
  });
  expect(statuses(refused)).toEqual([...Array(REFUNDS).fill(403), 429, 429]);
  expect(Number(refused.at(-1)?.headers['retry-after'])).toBeGreaterThan(0);
  expect(statuses(climbing)).toEqual([...Array(PAYMENTS).fill(400), 429, 429]);
});

test('an address that goes on guessing is told to wait, while good tokens from there pass', async () => {
  const [guesses, localAddress] = await whileRedisAnswers(gateway, async (index) => {
    // Linux answers on every address of 127.0.0.0/8.
    const address = `127.0.0.${100 + index}`;
    const guess = (count: number) => {
      const service = count % 2 === 0 ? 'users' : 'orders';
      return gateway.send(`/api/${service}/42`, { token: `guess-${count}`, localAddress: address });
    };
    return [await times(ALLOWED + 5, guess), address] as const;
  });
  expect(statuses(guesses)).toEqual([...Array(ALLOWED).fill(401), ...Array(5).fill(429)]);
  const last = guesses.at(-1);
  expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0);
  expect(last?.json()).toMatchObject({ code: 'rate_limited', 'violated-policies': ['bad-credentials'] });

  const token = await gateway.token('alice');
  const good = await times(5, () => gateway.send('/api/users/42', { token, localAddress }));
  expect(tally(good)).toEqual({ 200: 5 });
  // A good token that may not do something is no guess.
  const refund = await gateway.send('/api/payments/refunds', { method: 'POST', token, localAddress });
  expect(refund.status).toBe(403);
  expect((await gateway.send('/api/users/42', { token: 'typo' })).status).toBe(401);
});
