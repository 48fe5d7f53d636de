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
