import { requestKeys } from '../../../lambdas/adapters/limits/limit-keys.ts';
import type { OperatorRules } from '../../../lambdas/adapters/limits/operator-rules.ts';
import { RedisCounters } from '../../../lambdas/adapters/limits/redis-counters.ts';
import type { RedisClient } from '../../../lambdas/adapters/redis/redis-connection.ts';
import { type LimitPolicy, sizeOf } from '../../../lambdas/contract/limits/limit-policy.ts';
import { encodeRule } from '../../../lambdas/contract/limits/operator-rule.ts';
import type { LimitRequest, Ruling } from '../../../lambdas/core/limits/limiter.ts';
import type { Arrival, LimitTraffic } from '../limits/limit-traffic.ts';
import { servicePolicy } from '../policy.ts';
import type { RedisTarget } from './redis-target.ts';
import { callsOf, type Expiry, type Tick, tell, tellClock } from './told-clock.ts';

/** One decision, and what it was made on. */
export interface Ruled {
  readonly request: LimitRequest;
  readonly ruling: Ruling;
  /** The clock, and the limits as operators have them, when Redis decided. */
  readonly at: Arrival;
}

/** Operators have said nothing that Redis does not know. */
export const NO_RULES: OperatorRules = {
  isRevoked: async () => false,
  overrideFor: () => undefined,
  settled: () => undefined,
  doubt: () => undefined,
  rebuild: () => undefined,
};

const CONNECTIONS = 3;
const POLICY = servicePolicy({ gateway: 'told' });

/** Counters as they are in production on several connections, in a Redis whose clock is told. */
export class ToldRedis {
  readonly #client: RedisClient;
  readonly #counters: readonly RedisCounters[];
  #clientIds = 0;

  private constructor(client: RedisClient, counters: readonly RedisCounters[]) {
    this.#client = client;
    this.#counters = counters;
  }

  static async on(target: RedisTarget, expiry: Expiry = 'never'): Promise<ToldRedis> {
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => target.connect()));
    const counters = clients.map(
      (client) =>
        new RedisCounters({ client: tellClock(client, expiry), policy: POLICY, rules: NO_RULES, timeoutMs: 10_000 }),
    );
    return new ToldRedis(clients[0] as RedisClient, counters);
  }

  /** The name of a client that has not been seen before. */
  newClient(): string {
    this.#clientIds += 1;
    return `sub:client-${this.#clientIds}`;
  }

  /** All requests of a new client, from all connections at once. @returns in Redis's order */
  async decideAll({ policies, arrivals }: LimitTraffic): Promise<Ruled[]> {
    const client = this.newClient();
    const requests = arrivals.map(({ cost }, index) => requestOf(client, policies, cost, `${index}`));
    const key = rulesKey(client);
    await this.#client.del(`${key}:order`);
    await tell(this.#client, key, ticksOf(client, policies, arrivals));
    const rulings = await Promise.all(
      requests.map((request, index) => (this.#counters[index % CONNECTIONS] as RedisCounters).decide(request)),
    );
    const order = await callsOf(this.#client, key);
    return order.map((lease, tick) => ({
      request: requests[Number(lease)] as LimitRequest,
      ruling: rulings[Number(lease)] as Ruling,
      at: arrivals[tick] as Arrival,
    }));
  }

  /** One request after the other. @param rules of operators, as they are from now on */
  async decide(nowUs: number, request: LimitRequest, rules: Required<Tick>['rules'] = {}): Promise<Ruling> {
    await tell(this.#client, rulesKey(request.identity.client), [{ nowUs, rules }]);
    return (this.#counters[0] as RedisCounters).decide(request);
  }

  async release(request: LimitRequest): Promise<void> {
    await (this.#counters[0] as RedisCounters).release(request);
  }
}

export function requestOf(
  client: string,
  policies: readonly LimitPolicy[],
  cost = 1,
  lease = 'request-1',
): LimitRequest {
  return {
    limits: policies.map((policy) => ({ policy, scope: 'users', subject: client })),
    identity: { client, tenant: '', plan: '', token: '', ip: 'ip:192.0.2.1' },
    cost,
    lease,
  };
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
