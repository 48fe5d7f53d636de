import type { Cluster } from 'ioredis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ruleKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import { RuleCopies } from '../../../../lambdas/adapters/limits/rule-copies.ts';
import {
  MERGE_SCRIPT,
  SEAL_SCRIPT,
  SNAPSHOT_MS,
  TOMBSTONE_MS,
} from '../../../../lambdas/adapters/limits/rule-scripts.ts';
import {
  connectRedis,
  firstConnection,
  type RedisClient,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { encodeRule, type Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { applyChange, noRule } from '../../../../lambdas/core/limits/rule-matching.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { startRedisCluster } from '../../../support/redis/redis-cluster.ts';
import { relayTo } from '../../../support/redis/tcp-relay.ts';

let server: TestRedis;
let client: RedisClient;
let count = 0;
let gateway = '';
let copies: RuleCopies;

beforeAll(async () => {
  server = await startRedis();
  client = connectRedis({ url: server.url, cluster: false }, () => undefined);
  await firstConnection(client);
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(() => {
  count += 1;
  gateway = `gateway-${count}`;
  copies = new RuleCopies(client, gateway);
});
afterEach(() => client.flushall());

/** On Redis's clock, which is this machine's. */
function revoked(id: string, { untilMs = 0, nowMs = Date.now() } = {}): Rule {
  return applyChange(noRule(id), { type: 'revoke', untilMs, reason: 'left' }, nowMs);
}

function restored(rule: Rule, nowMs = Date.now()): Rule {
  return applyChange(rule, { type: 'restore', reason: '' }, nowMs);
}

function many(length: number): readonly Rule[] {
  return Array.from({ length }, (_, index) => revoked(`token:${index}`));
}

const list =
  (...rules: readonly Rule[]) =>
  async () =>
    rules;

/** What all copies hold, without what only the scripts read; fails where they differ. */
async function held(): Promise<Readonly<Record<string, string>>> {
  const all = await Promise.all(ruleKeys(gateway).map((key) => client.hgetall(key)));
  const rules = all.map((hash) =>
    Object.fromEntries(
      Object.entries(hash)
        .filter(([field]) => !field.startsWith('@'))
        .toSorted(),
    ),
  );
  for (const one of rules) expect(one).toEqual(rules[0]);
  return rules[0] ?? {};
}

function sealed(): Promise<readonly (string | null)[]> {
  return Promise.all(ruleKeys(gateway).map((key) => client.hget(key, '@')));
}

describe('a rule that is pushed', () => {
  it('is in all copies, in the words of the decision script', async () => {
    const rule = revoked('sub:名前 "x"');
    await copies.push(rule);
    expect(await held()).toEqual({ [rule.id]: `${rule.version} {"r":0}` });
    expect(await held()).toEqual({ [rule.id]: encodeRule(rule) });
  });

  it('is replaced by a newer one, never by an older one or another of its version', async () => {
    const rule = revoked('sub:alice');
    const taken = restored(rule);
    await copies.push(rule);
    await copies.push(taken);
    expect(await held()).toEqual({ 'sub:alice': `${taken.version} ` });
    await copies.push(rule);
    await copies.push({ ...rule, version: taken.version });
    expect(await held()).toEqual({ 'sub:alice': `${taken.version} ` });
  });

  it('is compared by its version as a number', async () => {
    for (const version of [9, 10, 8]) await copies.push({ ...revoked('sub:alice'), version });
    expect(await held()).toEqual({ 'sub:alice': '10 {"r":0}' });
  });

  it('replaces what is no rule', async () => {
    for (const key of ruleKeys(gateway)) await client.hset(key, 'sub:alice', 'garbage');
    const rule = revoked('sub:alice');
    await copies.push(rule);
    expect(await held()).toEqual({ 'sub:alice': encodeRule(rule) });
  });

  it('says whether the copies lack others', async () => {
    expect(await copies.push(revoked('sub:alice'))).toBe(false);
    await copies.rebuild(list());
    expect(await copies.push(revoked('sub:bob'))).toBe(true);
    await client.del(ruleKeys(gateway)[7] ?? '');
    expect(await copies.push(revoked('sub:carol'))).toBe(false);
  });

  it('leaves a copy that ends by itself when its gateway is gone', async () => {
    await copies.push(revoked('sub:alice'));
    for (const key of ruleKeys(gateway)) expect(await client.pttl(key)).toBeGreaterThan(0);
  });
});

describe('copies that are made anew', () => {
  it('have all rules, over many calls too, and the time on Redis’s clock', async () => {
    const rules = many(1201);
    const beforeMs = Date.now();
    expect(await copies.rebuild(list(...rules))).toBe(true);
    expect(await held()).toEqual(Object.fromEntries(rules.map((rule) => [rule.id, encodeRule(rule)]).toSorted()));
    for (const at of await sealed()) {
      expect(Number(at)).toBeGreaterThanOrEqual(beforeMs);
      expect(Number(at)).toBeLessThanOrEqual(Date.now());
    }
  });

  it('are complete without any rules', async () => {
    expect(await copies.rebuild(list())).toBe(true);
    expect(await sealed()).not.toContain(null);
    expect(await held()).toEqual({});
  });

  it('keep what was pushed later than the table was read', async () => {
    const old = revoked('sub:alice');
    const [taken, added] = [restored(old), revoked('sub:bob')];
    await copies.rebuild(async () => {
      await copies.push(taken);
      await copies.push(added);
      return [old];
    });
    expect(await held()).toEqual({ 'sub:alice': encodeRule(taken), 'sub:bob': encodeRule(added) });
  });

  it('do not get back what was restored before the table was read anew, from a reader that was held up', async () => {
    const old = revoked('sub:alice');
    const taken = restored(old);
    const { promise, resolve } = Promise.withResolvers<readonly Rule[]>();
    const { promise: reading, resolve: isReading } = Promise.withResolvers<void>();
    const heldUp = copies.rebuild(() => {
      isReading();
      return promise;
    });
    await reading;
    await copies.push(taken);
    await copies.rebuild(list(taken));
    resolve([old]);
    await heldUp;
    expect(await held()).toEqual({ 'sub:alice': encodeRule(taken) });
  });

  it('cost one short call each while the table stays as it is', async () => {
    const rules = many(700);
    await copies.rebuild(list(...rules));
    const before = await sealed();
    const statsBefore = await commandCalls('hget');
    expect(await copies.rebuild(list(...rules))).toBe(true);
    // The seal looks at the generation, once a copy; a merge would have looked at each rule.
    expect((await commandCalls('hget')) - statsBefore).toBe(16);
    for (const [index, at] of (await sealed()).entries()) {
      expect(Number(at)).toBeGreaterThanOrEqual(Number(before[index]));
    }
  });

  it('are told of few rules when one of many is new', async () => {
    const rules = many(2000);
    await copies.rebuild(list(...rules));
    const added = revoked('sub:alice');
    const before = await commandCalls('hget');
    expect(await copies.rebuild(list(...rules, added))).toBe(true);
    expect((await held())['sub:alice']).toBe(encodeRule(added));
    // Each rule that is told is looked up first; besides, a call or two a copy.
    expect(((await commandCalls('hget')) - before) / 16).toBeLessThan(40);
  });

  it('are asked of nobody else from the moment on at which somebody begins', async () => {
    const beforeMs = Date.now();
    await copies.rebuild(async () => {
      for (const key of ruleKeys(gateway)) {
        expect(Number(await client.hget(key, '@asked'))).toBeGreaterThanOrEqual(beforeMs);
      }
      return [];
    });
    expect.assertions(16);
  });

  it('have all rules again after a flush, although the table has not changed', async () => {
    const rules = many(3);
    await copies.rebuild(list(...rules));
    await client.flushall();
    expect(await copies.rebuild(list(...rules))).toBe(true);
    expect(Object.keys(await held())).toHaveLength(3);
  });

  it('are not called complete when Redis is flushed in the middle, and are with the next attempt', async () => {
    const rules = many(3);
    const flushed = async () => {
      await client.flushall();
      return rules;
    };
    expect(await copies.rebuild(flushed)).toBe(false);
    expect(await sealed()).toEqual(Array(16).fill(null));
    expect(await copies.rebuild(list(...rules))).toBe(true);
    expect(await sealed()).not.toContain(null);
  });

  it('are complete when several instances make them at once', async () => {
    const rules = many(600);
    const others = Array.from({ length: 4 }, () => new RuleCopies(client, gateway).rebuild(list(...rules)));
    expect(await Promise.all(others)).toEqual([true, true, true, true]);
    expect(Object.keys(await held())).toHaveLength(600);
  });

  it('are not asked for when the table cannot be read', async () => {
    const fails = () => Promise.reject(new Error('the table is gone'));
    await expect(copies.rebuild(fails)).rejects.toThrow('the table is gone');
    expect(await sealed()).toEqual(Array(16).fill(null));
  });
});

describe('what says nothing more', () => {
  it('stays as a mark until it is older than any snapshot, and is deleted then', async () => {
    const nowMs = Date.now();
    const young = restored(revoked('sub:young', { nowMs: nowMs - 5000 }), nowMs - TOMBSTONE_MS + 60_000);
    const old = restored(revoked('sub:old', { nowMs: nowMs - 2 * TOMBSTONE_MS }), nowMs - TOMBSTONE_MS - 1000);
    await copies.push(young);
    await copies.push(old);
    await copies.rebuild(list(young, old));
    expect(await held()).toEqual({ 'sub:young': encodeRule(young) });
  });

  it('is deleted from copies that were complete with it', async () => {
    const rule = restored(revoked('sub:alice', { nowMs: 1 }), 2);
    for (const key of ruleKeys(gateway)) await client.hset(key, 'sub:alice', encodeRule(rule));
    await copies.rebuild(list(rule));
    expect(await held()).toEqual({});
  });

  it('replaces itself once it has ended, although nobody has given it a new version', async () => {
    const nowMs = Date.now() - 2 * TOMBSTONE_MS;
    const ended = revoked('sub:alice', { nowMs, untilMs: nowMs + 1000 });
    await copies.push(ended);
    expect(await held()).toEqual({ 'sub:alice': encodeRule(ended) });
    await copies.rebuild(list(ended));
    expect(await held()).toEqual({});
  });
});

describe('a copy that was not made anew for long', () => {
  const HOUR_MS = 3_600_000;

  /** Copies that were complete so long ago with rules that the table has forgotten since. */
  async function unused(rules: readonly Rule[], forMs: number): Promise<void> {
    await copies.rebuild(list());
    for (const rule of rules) await copies.push(rule);
    for (const key of ruleKeys(gateway)) await client.hset(key, '@', Date.now() - forMs);
  }

  it('loses what has ended by itself, and nothing else', async () => {
    const nowMs = Date.now();
    const limits = (untilMs: number) => ({ client: { limit: 5, ratePerS: null, untilMs } });
    const ended = [
      revoked('token:ended', { nowMs: nowMs - 2 * HOUR_MS, untilMs: nowMs - HOUR_MS }),
      { ...noRule('sub:ended'), version: 1, limits: limits(nowMs - HOUR_MS) },
      restored(revoked('sub:restored', { nowMs: 1 }), nowMs - HOUR_MS),
    ];
    const standing = [
      revoked('sub:for-good', { nowMs: 1 }),
      revoked('token:later', { nowMs: 1, untilMs: nowMs + HOUR_MS }),
      { ...revoked('sub:half-ended', { nowMs: 1, untilMs: nowMs - HOUR_MS }), limits: limits(0) },
      restored(revoked('sub:young', { nowMs: nowMs - HOUR_MS }), nowMs - TOMBSTONE_MS + 60_000),
    ];
    await unused([...ended, ...standing], HOUR_MS);
    expect(await copies.rebuild(list())).toBe(true);
    expect(await held()).toEqual(Object.fromEntries(standing.map((rule) => [rule.id, encodeRule(rule)]).toSorted()));
  });

  it('is not searched while it is made anew each few minutes', async () => {
    const ended = revoked('token:ended', { nowMs: 1, untilMs: 2 });
    await unused([ended], 600_000);
    await copies.rebuild(list());
    expect(await held()).toEqual({ 'token:ended': encodeRule(ended) });
  });
});

describe('a snapshot that was taken too long ago', () => {
  it('is not written, and the copy is not called complete', async () => {
    const [key = ''] = ruleKeys(gateway);
    const rule = revoked('sub:alice');
    const takenMs = Date.now() - SNAPSHOT_MS - 1000;
    expect(await client.eval(MERGE_SCRIPT, 1, key, takenMs, rule.id, encodeRule(rule))).toBe(-1);
    await client.hset(key, '@generation', 'g');
    expect(await client.eval(SEAL_SCRIPT, 1, key, takenMs, 'g', 'd')).toBe(0);
    expect(await client.eval(SEAL_SCRIPT, 1, key, Date.now(), 'other', 'd')).toBe(0);
    expect(await client.hgetall(key)).toEqual({ '@generation': 'g' });
  });
});

describe('a Redis that fails', () => {
  it('makes a push and a rebuild throw, and the table is not read for nothing', async () => {
    const own = await startRedis();
    const lost = connectRedis({ url: own.url, cluster: false }, () => undefined);
    await firstConnection(lost);
    await own.stop();
    const failing = new RuleCopies(lost, gateway, 200);
    await expect(failing.push(revoked('sub:alice'))).rejects.toThrow();
    let reads = 0;
    const read = async () => {
      reads += 1;
      return [];
    };
    await expect(failing.rebuild(read)).rejects.toThrow();
    expect(reads).toBe(0);
    lost.disconnect();
  });

  it('and does not answer makes them throw after the deadline', async () => {
    const relay = await relayTo(server.port);
    const silent = connectRedis({ url: `redis://127.0.0.1:${relay.port}`, cluster: false }, () => undefined);
    await firstConnection(silent);
    relay.blackhole();
    const failing = new RuleCopies(silent, gateway, 50);
    await expect(failing.push(revoked('sub:alice'))).rejects.toThrow('redis gave no answer within 50 ms');
    silent.disconnect();
    await relay.stop();
  });
});

it('a cluster of three shards has a copy under each tag, on all shards', async () => {
  const cluster = await startRedisCluster({ shards: 3 });
  const connected = connectRedis({ url: cluster.url, cluster: true }, () => undefined) as Cluster;
  await firstConnection(connected);
  try {
    const own = new RuleCopies(connected, gateway);
    const rules = many(501);
    expect(await own.rebuild(list(...rules))).toBe(true);
    expect(await own.push(revoked('sub:alice'))).toBe(true);
    const sizes = await Promise.all(
      cluster.nodes.map(async (node) => {
        const direct = new Redis(node.port);
        const keys = await direct.keys('*');
        direct.disconnect();
        return keys.length;
      }),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(16);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    for (const key of ruleKeys(gateway)) expect(await connected.hlen(key)).toBe(501 + 1 + 4);
  } finally {
    connected.disconnect();
    await cluster.stop();
  }
});

async function commandCalls(command: string): Promise<number> {
  const [, calls] = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await client.info('commandstats')) ?? [];
  return Number(calls ?? 0);
}
