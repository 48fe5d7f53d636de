import { setTimeout as pause } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { RuleStore } from '../../../../lambdas/adapters/limits/rule-store.ts';
import { connectRedis } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { Env } from '../../../../lambdas/contract/environment.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { DEFAULT_CACHE_TIMEOUT_MS } from '../../../../lambdas/contract/policy.ts';
import type { LimitResult } from '../../../../lambdas/core/limits/limiter.ts';
import { applyChange, noRule } from '../../../../lambdas/core/limits/rule-matching.ts';
import type { TestTable } from '../../../support/aws/dynamodb.ts';
import { type Counters, productionCounters } from '../../../support/counters.ts';
import { servicePolicy, windowLimit } from '../../../support/policy.ts';
import { limitRequest } from '../../../support/requests.ts';

/** A decision ends with its deadline; the rest is for a machine of two cores that has other work. */
const BOUND_MS = 20 * DEFAULT_CACHE_TIMEOUT_MS;
const WAIT = { timeout: 45_000, interval: 10 } as const;
/** Between two requests of one worker, so that the servers under test get some of the machine. */
const PAUSE_MS = 3;
const HOUR_MS = 3_600_000;

/** Limit of each busy subject. Redis and an instance alone use it up soon, and no test lasts until it is free again. */
const LIMIT = 40;
/** What one instance lets pass of it alone. */
const SHARE = 20;
const BUSY = ['sub:alice', 'sub:bob'] as const;
/** Never used up, so that some request always has to be written down. */
const CROWD = 'sub:crowd';
const REVOKED = 'sub:mallory';
/** Who asks: each all the time, one request after the other. */
export const WORKERS = [...BUSY, CROWD, CROWD, CROWD, CROWD, REVOKED] as const;

interface Decided {
  readonly subject: string;
  readonly result: LimitResult;
  readonly tookMs: number;
}

type Lines = readonly Readonly<Record<string, unknown>>[];

/** One instance of a function, composed as in production. */
export interface ChaosInstance {
  readonly counters: Counters;
  readonly decided: Decided[];
  readonly changes: ('lost' | 'recovered')[];
  /** Failed calls to a store, as the metric `StoreErrors` counts them. */
  readonly failures: () => number;
}

export interface FleetOptions {
  readonly url: string;
  readonly cluster?: boolean;
  readonly table: TestTable;
  readonly policy?: Partial<ServicePolicy>;
  readonly closers: (() => unknown)[];
}

let gateways = 0;

/** Two instances of one function; `sub:mallory` is revoked. Their connections stand when it resolves. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  gateways += 1;
  const policy = servicePolicy({ gateway: `chaos-${gateways}`, ...options.policy });
  const rules = new RuleStore(sdkTable(options.table.client, options.table.name), policy.gateway);
  const fleet = new Fleet(
    [1, 2].map(() => instance(options, policy, rules)),
    rules,
  );
  await fleet.revoke(REVOKED);
  await fleet.countsTogether();
  return fleet;
}

function instance({ url, cluster = false, closers }: FleetOptions, policy: ServicePolicy, rules: RuleStore) {
  let failures = 0;
  const changes: ('lost' | 'recovered')[] = [];
  const counters = productionCounters({
    env: { [Env.redisUrl]: url, [Env.redisCluster]: String(cluster) },
    policy,
    listRules: () => rules.list(),
    clock: Date.now,
    monotonic: () => performance.now(),
    onFailure: () => {
      failures += 1;
    },
    onChange: (change) => changes.push(change),
    connect: (endpoint, onError) => {
      const client = connectRedis(endpoint, onError);
      closers.push(() => client.disconnect());
      return client;
    },
  });
  return { counters, changes, decided: [], failures: () => failures };
}

export class Fleet {
  readonly instances: readonly ChaosInstance[];
  readonly #rules: RuleStore;
  #later = 0;

  constructor(instances: readonly ChaosInstance[], rules: RuleStore) {
    this.instances = instances;
    this.#rules = rules;
  }

  /** Writes into the table alone, as an operator function does that cannot reach Redis. */
  async revoke(id: string): Promise<void> {
    const before = await this.#rules.read(id);
    const change = { type: 'revoke', untilMs: 0, reason: 'chaos' } as const;
    await this.#rules.write(applyChange(before, change, Date.now()), noRule(id));
  }

  /** Has all instances asked without a pause while `work` goes on. */
  async underLoad(work: () => Promise<void>): Promise<void> {
    let going = true;
    const workers = this.instances.flatMap((instance) =>
      WORKERS.map(async (subject) => {
        while (going) {
          await ask(instance, subject);
          await pause(PAUSE_MS);
        }
      }),
    );
    try {
      await work();
    } finally {
      going = false;
      await Promise.all(workers);
    }
  }

  /** Waits until each instance has said that Redis is lost, or that it has recovered. */
  async all(change: 'lost' | 'recovered'): Promise<void> {
    await vi.waitFor(
      () => expect(this.instances.map(({ changes }) => changes.at(-1))).toEqual(this.instances.map(() => change)),
      WAIT,
    );
  }

  /** Waits until each instance has been asked so often by each of its workers. */
  async asked(times: number): Promise<void> {
    const goals = this.instances.map(({ decided }) => decided.length + times * WORKERS.length);
    await vi.waitFor(() => {
      for (const [index, goal] of goals.entries()) expect(this.instances[index]?.decided.length).toBeGreaterThan(goal);
    }, WAIT);
  }

  /** Waits until all instances refuse who is revoked. */
  async refuse(subject: string): Promise<void> {
    await vi.waitFor(() => {
      for (const { decided } of this.instances)
        expect(decided.findLast((one) => one.subject === subject)?.result.outcome).toBe('revoked');
    }, WAIT);
  }

  /** All changes so far, of each instance. */
  told(): readonly (readonly string[])[] {
    return this.instances.map(({ changes }) => [...changes]);
  }

  /** Failed calls to a store so far, of each instance. */
  failures(): readonly number[] {
    return this.instances.map(({ failures }) => failures());
  }

  /** Waits until a new subject's limit is counted by all instances together. */
  async countsTogether(): Promise<void> {
    await vi.waitFor(async () => {
      this.#later += 1;
      const subject = `sub:later-${this.#later}`;
      const rulings: LimitResult[] = [];
      for (let request = 0; request < 6; request += 1) {
        for (const { counters } of this.instances) rulings.push(await counters.limiter.decide(requestOf(subject, 6)));
      }
      expect(rulings.filter((result) => !isCounted(result, 'together'))).toEqual([]);
      expect(rulings.filter(({ outcome }) => outcome === 'allowed')).toHaveLength(6);
    }, WAIT);
  }

  /**
   * Whatever happened: a decision always came, in time; nobody passed who is revoked, unless the table was late and that
   * is told; Redis let pass no more than the limit, each time that its counts began anew, and each instance no more
   * than its share.
   */
  expectLimitsHeld(lines: Lines, { beginnings = 1 } = {}): void {
    const all = this.instances.flatMap(({ decided }) => decided);
    expect(Math.max(...all.map(({ tookMs }) => tookMs))).toBeLessThan(BOUND_MS);
    const late = lines.some(({ error }) => String(error).includes('the table gave no rules'));
    expect(outcomesOf(all, REVOKED)).toEqual(late ? expect.arrayContaining(['revoked']) : ['revoked']);
    expect(outcomesOf(all, CROWD)).toEqual(['allowed']);
    for (const subject of BUSY) {
      expect(passed(all, subject, 'together')).toBeLessThanOrEqual(beginnings * LIMIT);
      for (const { decided } of this.instances) expect(passed(decided, subject, 'alone')).toBeLessThanOrEqual(SHARE);
    }
  }

  /** Enough requests came while Redis was gone: each instance let pass exactly its share. */
  expectSharesUsed(): void {
    for (const { decided } of this.instances) {
      expect(BUSY.map((subject) => passed(decided, subject, 'alone'))).toEqual(BUSY.map(() => SHARE));
    }
  }

  /** Each change was told by one line, and lost and recovered take turns. */
  expectChangesTold(lines: Lines): void {
    for (const change of ['lost', 'recovered'] as const) {
      const told = lines.filter(({ message }) => String(message).startsWith(`redis ${change}`));
      const made = this.instances.flatMap(({ changes }) => changes.filter((one) => one === change));
      expect(told).toHaveLength(made.length);
    }
    for (const { changes } of this.instances) {
      expect(changes).toEqual(changes.map((_, index) => (index % 2 === 0 ? 'lost' : 'recovered')));
    }
  }
}

function requestOf(subject: string, limit: number) {
  return limitRequest([windowLimit(limit, HOUR_MS)], { identity: { client: subject } });
}

async function ask({ counters, decided }: ChaosInstance, subject: string): Promise<void> {
  const request = requestOf(subject, subject === CROWD ? 1_000_000 : LIMIT);
  const startedAtMs = performance.now();
  const result = await counters.limiter.decide(request);
  decided.push({ subject, result, tookMs: performance.now() - startedAtMs });
}

function outcomesOf(decided: readonly Decided[], subject: string): readonly string[] {
  return [...new Set(decided.filter((one) => one.subject === subject).map(({ result }) => result.outcome))];
}

function isCounted({ decisions }: LimitResult, by: 'together' | 'alone'): boolean {
  return decisions.every(({ counted }) => counted === by);
}

/** How many requests of a subject passed that were counted so. */
function passed(decided: readonly Decided[], subject: string, counted: 'together' | 'alone'): number {
  return decided.filter(
    (one) => one.subject === subject && one.result.outcome === 'allowed' && isCounted(one.result, counted),
  ).length;
}
