import { requestKeys } from '../../../lambdas/adapters/limits/limit-keys.ts';
import type { RedisLimiter } from '../../../lambdas/adapters/limits/redis-limiter.ts';
import type { RedisClient } from '../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import { encodeRule } from '../../../lambdas/contract/limits/operator-rule.ts';
import { sizeOf } from '../../../lambdas/core/limits/kinds/kind-table.ts';
import type { LimitRequest, LimitResult } from '../../../lambdas/core/limits/limiter.ts';
import type { Arrival, LimitTraffic } from '../limits/limit-traffic.ts';
import { redisLimiter, requestOf } from '../limits/redis-limiter.ts';
import { servicePolicy } from '../policy.ts';
import { callsOf, type Expiry, setTicks, type Tick, useFakeClock } from './fake-clock.ts';
import type { RedisTarget } from './redis-target.ts';

/** The result of one request, and what it was decided by. */
export interface Decided {
  readonly request: LimitRequest;
  readonly result: LimitResult;
  /** The clock, and the limits as operators have them, when Redis decided. */
  readonly at: Arrival;
}

const CONNECTIONS = 3;
const POLICY = servicePolicy({ gateway: 'fake' });

/** The limiter of production on several connections, to a Redis whose scripts read a clock that the test sets. */
export class FakeClockRedis {
  readonly #client: RedisClient;
  readonly #limiters: readonly RedisLimiter[];
  #clientIds = 0;

  private constructor(client: RedisClient, limiters: readonly RedisLimiter[]) {
    this.#client = client;
    this.#limiters = limiters;
  }

  static async on(target: RedisTarget, expiry: Expiry = 'never'): Promise<FakeClockRedis> {
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => target.connect()));
    const limiters = clients.map((client) => redisLimiter(useFakeClock(client, expiry), { policy: POLICY }));
    return new FakeClockRedis(clients[0] as RedisClient, limiters);
  }

  /** The name of a client that has not been seen before. */
  newClient(): string {
    this.#clientIds += 1;
    return `sub:client-${this.#clientIds}`;
  }

  /** All requests of a new client, from all connections at once. @returns in Redis's order */
  async decideAll({ policies, arrivals }: LimitTraffic): Promise<Decided[]> {
    const client = this.newClient();
    const requests = arrivals.map(({ cost }, index) => requestOf(client, policies, cost, `${index}`));
    const key = rulesKey(client);
    await this.#client.del(`${key}:order`);
    await setTicks(this.#client, key, ticksOf(client, policies, arrivals));
    const results = await Promise.all(
      requests.map((request, index) => (this.#limiters[index % CONNECTIONS] as RedisLimiter).decide(request)),
    );
    const order = await callsOf(this.#client, key);
    return order.map((lease, tick) => ({
      request: requests[Number(lease)] as LimitRequest,
      result: results[Number(lease)] as LimitResult,
      at: arrivals[tick] as Arrival,
    }));
  }

  /** One request after the other. @param rules of operators, as they are from now on */
  async decide(nowUs: number, request: LimitRequest, rules: Required<Tick>['rules'] = {}): Promise<LimitResult> {
    await setTicks(this.#client, rulesKey(request.identity.client), [{ nowUs, rules }]);
    return (this.#limiters[0] as RedisLimiter).decide(request);
  }

  async release(request: LimitRequest): Promise<void> {
    await (this.#limiters[0] as RedisLimiter).release(request);
  }
}

function rulesKey(client: string): string {
  return requestKeys(POLICY)(requestOf(client, []))[0];
}

function ticksOf(client: string, deployed: readonly LimitPolicy[], arrivals: readonly Arrival[]): Tick[] {
  let known = textOf(deployed);
  return arrivals.map(({ nowUs, policies }) => {
    const text = textOf(policies);
    if (text === known) return { nowUs };
    known = text;
    return { nowUs, rules: { [client]: text } };
  });
}

/** The rule that gives all limits these numbers. */
function textOf(policies: readonly LimitPolicy[]): string {
  const limits = policies.map((policy) => [
    policy.name,
    { limit: sizeOf(policy), ratePerS: policy.kind === 'bucket' ? policy.ratePerS : null, untilMs: 0 },
  ]);
  return encodeRule({ version: 1, revocation: null, limits: Object.fromEntries(limits) });
}
