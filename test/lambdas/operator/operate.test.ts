import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyStore } from '../../../lambdas/adapters/auth/api-key-store.ts';
import { RevocationMarker } from '../../../lambdas/adapters/auth/revocation-marker.ts';
import { ruleKeys } from '../../../lambdas/adapters/limits/limit-keys.ts';
import { RuleStore } from '../../../lambdas/adapters/limits/rule-store.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import { encodeRule, type Rule } from '../../../lambdas/contract/limits/operator-rule.ts';
import type { OperationResult } from '../../../lambdas/contract/operations/operations.ts';
import { isEmpty, noRule } from '../../../lambdas/core/limits/rule-matching.ts';
import { openCopies } from '../../../lambdas/operator/open-copies.ts';
import { createOperate, type OperateOptions } from '../../../lambdas/operator/operate.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { faultyClient } from '../../support/aws/faulty-dynamodb.ts';
import { noCircuits } from '../../support/circuit/circuits.ts';
import { TestClock } from '../../support/clock.ts';
import { captureLines } from '../../support/lines.ts';
import { freePort, startRedis, type TestRedis } from '../../support/redis/redis.ts';

let table: TestTable;
let redis: TestRedis;
let client: Redis;
let count = 0;
let gateway = '';
let store: RuleStore;
let keys: ApiKeyStore;
let marker: RevocationMarker;
let clock: TestClock;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  [table, redis] = await Promise.all([startTable(), startRedis()]);
  client = new Redis(redis.port);
});
afterAll(async () => {
  client.disconnect();
  await Promise.all([table.stop(), redis.stop()]);
});
beforeEach(async () => {
  await client.flushall();
  count += 1;
  gateway = `gateway-${count}`;
  store = new RuleStore(sdkTable(table.client, table.name), gateway);
  keys = new ApiKeyStore(sdkTable(table.client, table.name), gateway);
  marker = new RevocationMarker(sdkTable(table.client, table.name), gateway);
  clock = new TestClock(Date.now());
  output = captureLines();
});
afterEach(() => output.restore());

function operate(event: unknown, options: Partial<OperateOptions> = {}): Promise<OperationResult> {
  const open = () => openCopies({ url: redis.url, cluster: false }, gateway);
  const given = { gateway, store, keys, marker, circuits: noCircuits(gateway), openCopies: open, clock: clock.now };
  return createOperate({ ...given, ...options })(event);
}

/** The rule of an operation that must succeed. */
async function ruleOf(event: unknown, options: Partial<OperateOptions> = {}): Promise<Rule> {
  const result = await operate(event, options);
  if (!result.ok || !('rule' in result)) throw new Error(JSON.stringify(result));
  return result.rule;
}

/** What the copies say of a subject; fails where they differ. */
async function heldOf(id: string): Promise<string | null> {
  const texts = await Promise.all(ruleKeys(gateway).map((key) => client.hget(key, id)));
  expect(new Set(texts).size).toBe(1);
  return texts[0] ?? null;
}

const sealed = () => Promise.all(ruleKeys(gateway).map((key) => client.hexists(key, '@')));
const ALL_SEALED = Array(16).fill(1);

const REVOKE = { action: 'revoke', id: 'sub:alice', reason: 'left the company' };
const RESTORE = { action: 'restore', id: 'sub:alice', reason: 'is back' };

describe('a revocation', () => {
  it('is in the table and in all copies when it is answered', async () => {
    const rule = {
      id: 'sub:alice',
      version: clock.nowMs,
      revocation: { untilMs: 0, reason: REVOKE.reason },
      limits: {},
      reason: REVOKE.reason,
    };
    expect(await operate(REVOKE)).toEqual({ ok: true, rule, changed: true, pushed: true, note: null });
    expect(await store.read('sub:alice')).toEqual(rule);
    expect(await heldOf('sub:alice')).toBe(encodeRule(rule));
  });

  it('ends when it was told to', async () => {
    const { revocation } = await ruleOf({ ...REVOKE, forMs: 60_000 });
    expect(revocation).toEqual({ untilMs: clock.nowMs + 60_000, reason: REVOKE.reason });
    clock.advance(60_000);
    expect(isEmpty(await ruleOf({ action: 'get', id: 'sub:alice' }))).toBe(true);
  });

  it('keeps its reason when a limit is set after it', async () => {
    await operate(REVOKE);
    const rule = await ruleOf({ action: 'limit', id: 'sub:alice', limit: 'client', value: 5 });
    expect(rule).toMatchObject({ revocation: { reason: REVOKE.reason }, reason: '' });
    expect(await ruleOf({ action: 'get', id: 'sub:alice' })).toEqual(rule);
  });

  it('is taken back by restore, whatever the clock of the one who does it says', async () => {
    const { version } = await ruleOf(REVOKE);
    clock.advance(-3_600_000);
    const result = await operate(RESTORE);
    expect(result).toMatchObject({
      ok: true,
      changed: true,
      pushed: true,
      rule: { revocation: null, reason: 'is back' },
    });
    expect(await heldOf('sub:alice')).toBe(`${version + 1} `);
  });

  it('that is not there is taken back all the same from copies that have it', async () => {
    for (const key of ruleKeys(gateway)) await client.hset(key, 'sub:alice', '5 {"r":0}');
    expect(await operate(RESTORE)).toMatchObject({ ok: true, changed: false, pushed: true });
    expect(await heldOf('sub:alice')).toBe(`${clock.nowMs} `);
  });
});

describe('a limit', () => {
  const LIMIT = { action: 'limit', id: 'plan:pro', limit: 'payments/client', value: 500, ratePerS: 2.5, forMs: 60_000 };

  it('is set beside others, and goes back to the stack’s', async () => {
    await operate({ action: 'limit', id: 'plan:pro', limit: 'client', value: 5 });
    expect((await ruleOf(LIMIT)).limits).toEqual({
      client: { limit: 5, ratePerS: null, untilMs: 0 },
      'payments/client': { limit: 500, ratePerS: 2.5, untilMs: clock.nowMs + 60_000 },
    });
    expect(await heldOf('plan:pro')).toContain(`"payments/client":[500,${clock.nowMs + 60_000},2.5]`);
    await operate({ ...LIMIT, value: null });
    expect((await ruleOf({ action: 'limit', id: 'plan:pro', limit: 'client', value: null })).limits).toEqual({});
  });

  it('of an address is that of its network, by which it is counted', async () => {
    const { id } = await ruleOf({ action: 'limit', id: 'ip:2001:DB8:0:1::42', limit: 'client', value: 5 });
    expect(id).toBe('ip:2001:db8:0:1::');
  });

  it('is refused where a subject would have more than a hundred', async () => {
    const limits = Array.from({ length: 100 }, (_, index) => [`l${index}`, { limit: 1, ratePerS: null, untilMs: 0 }]);
    const full = { ...noRule('sub:alice'), version: 1, limits: Object.fromEntries(limits) };
    await store.write(full, noRule('sub:alice'));
    expect(await operate({ action: 'limit', id: 'sub:alice', limit: 'client', value: 5 })).toMatchObject({
      ok: false,
      error: { code: 'invalid_operation', message: expect.stringContaining('at most 100 limits of its own') },
    });
  });
});

describe('operators that race', () => {
  it('each have what they asked for, and the copies end with the newest rule', async () => {
    const events = Array.from({ length: 8 }, (_, index) => ({
      action: 'limit',
      id: 'sub:alice',
      limit: `l${index}`,
      value: index + 1,
    }));
    const results = await Promise.all([...events, REVOKE].map((event) => operate(event)));
    for (const result of results) expect(result).toMatchObject({ ok: true, changed: true, pushed: true });
    const rule = await store.read('sub:alice');
    expect(rule.revocation).not.toBeNull();
    expect(Object.keys(rule.limits).toSorted()).toEqual(events.map(({ limit }) => limit));
    expect(await heldOf('sub:alice')).toBe(encodeRule(rule));
  });

  it('and never come to an end are told so', async () => {
    let writes = 0;
    const busy = {
      ...noPages,
      read: async () => noRule('sub:alice'),
      write: async (next: Rule) => {
        writes += 1;
        return { ...next, version: next.version + 1, reason: 'another operator' };
      },
    };
    expect(await operate(REVOKE, { store: busy })).toMatchObject({
      ok: false,
      error: { code: 'conflict', message: expect.stringContaining('changed by others 10 times in a row') },
    });
    expect(writes).toBe(10);
  });

  it('with instances that make the copies anew do not lose what they took back', async () => {
    await operate(REVOKE);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: reading, resolve: isReading } = Promise.withResolvers<void>();
    const instance = await openCopies({ url: redis.url, cluster: false }, gateway);
    const rebuilt = instance.copies.rebuild(async () => {
      const snapshot = await store.list();
      isReading();
      await held;
      return snapshot;
    });
    await reading;
    await operate(RESTORE);
    release();
    await rebuilt;
    instance.close();
    expect(await heldOf('sub:alice')).toMatch(/^\d+ $/);
  });
});

const noPages: Pick<RuleStore, 'page' | 'list' | 'count'> = {
  page: async () => ({ rules: [], next: undefined }),
  list: async () => [],
  count: async () => 0,
};

describe('a gateway that has many rules', () => {
  /** The store, as if it held so many rules. */
  function crowded(rules: number) {
    let counts = 0;
    const count = async () => {
      counts += 1;
      return rules;
    };
    const { read, write, page, list } = store;
    const own = { read, write, page, list };
    const bound = Object.fromEntries(Object.entries(own).map(([name, call]) => [name, call.bind(store)])) as typeof own;
    return { store: { ...bound, count }, counts: () => counts };
  }
  const refused = { ok: false, error: { code: 'too_many_rules' } };
  const TOKEN = { ...REVOKE, id: 'token:t' };
  const LIMIT = { action: 'limit', id: 'sub:alice', limit: 'client', value: 5 };

  it('takes no further token or limit from 18,000 on, and says what to do', async () => {
    expect(await operate(TOKEN, { store: crowded(17_999).store })).toMatchObject({ ok: true });
    const full = crowded(18_000);
    expect(await operate({ ...TOKEN, id: 'token:u' }, { store: full.store })).toEqual({
      ok: false,
      error: {
        code: 'too_many_rules',
        message: expect.stringMatching(/^a gateway may have at most 18000 rules before .* has 18000: let revocations /),
      },
    });
    expect(await operate(LIMIT, { store: full.store })).toMatchObject(refused);
    expect((await store.read('token:u')).version).toBe(0);
  });

  it('takes revocations of subjects and tenants up to 19,500', async () => {
    expect(await operate(REVOKE, { store: crowded(19_499).store })).toMatchObject({ ok: true });
    expect(await operate({ ...REVOKE, id: 'tenant:acme' }, { store: crowded(19_500).store })).toMatchObject(refused);
  });

  it('takes every change of a rule that is there, and everything that is taken back', async () => {
    await operate(REVOKE);
    const { store: full, counts } = crowded(20_000);
    expect(await operate({ ...REVOKE, forMs: 60_000 }, { store: full })).toMatchObject({ ok: true });
    expect(await operate(LIMIT, { store: full })).toMatchObject({ ok: true });
    expect(await operate(RESTORE, { store: full })).toMatchObject({ ok: true });
    expect(await operate({ ...RESTORE, id: 'sub:nobody' }, { store: full })).toMatchObject({ ok: true });
    expect(counts()).toBe(0);
  });

  it('is counted once a minute, with what was added since', async () => {
    const { store: nearly, counts } = crowded(17_998);
    const own = createOperate({
      gateway,
      store: nearly,
      keys,
      marker,
      circuits: noCircuits(gateway),
      openCopies: undefined,
      clock: clock.now,
    });
    const results = [];
    for (const id of ['token:a', 'token:b', 'token:c']) results.push((await own({ ...REVOKE, id })).ok);
    expect(results).toEqual([true, true, false]);
    expect(counts()).toBe(1);
    clock.advance(60_000);
    expect(await own({ ...REVOKE, id: 'token:c' })).toMatchObject({ ok: true });
    expect(counts()).toBe(2);
  });
});

describe('copies that are not complete', () => {
  it('are made anew with an operation', async () => {
    await operate(REVOKE);
    expect(await sealed()).toEqual(ALL_SEALED);
    await client.flushall();
    await operate({ ...REVOKE, id: 'sub:bob' });
    expect(await sealed()).toEqual(ALL_SEALED);
    expect(await heldOf('sub:alice')).not.toBeNull();
    expect(await heldOf('sub:bob')).not.toBeNull();
  });

  it('are left to the instances when the table cannot be read as a whole; the rule is pushed', async () => {
    const faulty = faultyClient(table);
    faulty.fault = (command) => (command === 'Query' ? 'fails' : 'none');
    const failing = new RuleStore(sdkTable(faulty.client, table.name), gateway);
    expect(await operate(REVOKE, { store: failing })).toMatchObject({ ok: true, pushed: true });
    expect(await heldOf('sub:alice')).not.toBeNull();
    expect(await sealed()).not.toContain(1);
    expect(output.lines).toContainEqual({
      message: 'copies of the rules not made anew',
      error: 'TableUnavailable: the table does not answer (Error: the table is gone)',
    });
  });
});

describe('Redis that cannot be reached', () => {
  it('leaves the rule stored, and the operator is told', async () => {
    const port = await freePort();
    const open = () => openCopies({ url: `redis://127.0.0.1:${port}`, cluster: false }, gateway);
    expect(await operate(REVOKE, { openCopies: open })).toMatchObject({
      ok: true,
      pushed: false,
      note: expect.stringMatching(
        /^stored; redis cannot be written \(Error: connect ECONNREFUSED [\d.:]+\): instances see it within 60 s$/,
      ),
    });
    expect((await store.read('sub:alice')).revocation).not.toBeNull();
  });

  it('gets the rule when the operator asks once more', async () => {
    await operate(REVOKE, { openCopies: () => Promise.reject(new Error('redis is gone')) });
    expect(await heldOf('sub:alice')).toBeNull();
    expect(await operate(REVOKE)).toMatchObject({ ok: true, pushed: true });
    expect(await heldOf('sub:alice')).toContain('{"r":0}');
  });

  it('and is not there at all is no fault', async () => {
    expect(await operate(REVOKE, { openCopies: undefined })).toMatchObject({
      ok: true,
      pushed: false,
      note: 'stored; the gateway has no redis: functions read it from the table',
    });
  });
});

describe('DynamoDB that does not answer', () => {
  it.each(['GetItem', 'PutItem'])('at %s is told, and nothing is pushed', async (command) => {
    const faulty = faultyClient(table);
    faulty.fault = (called) => (called === command ? 'fails' : 'none');
    const failing = new RuleStore(sdkTable(faulty.client, table.name), gateway);
    expect(await operate(REVOKE, { store: failing })).toEqual({
      ok: false,
      error: {
        code: 'store_unavailable',
        message:
          'the table does not answer (Error: the table is gone): it may have stored the operation or not, so ask for it again',
      },
    });
    expect(await heldOf('sub:alice')).toBeNull();
  });
});

describe('what was said', () => {
  it('is listed by kind, without what has ended or was taken back', async () => {
    await operate(REVOKE);
    await operate({ action: 'limit', id: 'plan:pro', limit: 'client', value: 5 });
    await operate({ ...REVOKE, id: 'sub:bob', forMs: 1000 });
    await operate({ ...REVOKE, id: 'sub:carol' });
    await operate({ ...RESTORE, id: 'sub:carol' });
    clock.advance(1000);
    const ids = async (event: object) => {
      const result = await operate({ action: 'list', ...event });
      return result.ok && 'rules' in result ? [result.rules.map(({ id }) => id), result.next] : result;
    };
    expect(await ids({})).toEqual([['plan:pro', 'sub:alice'], null]);
    expect(await ids({ kind: 'plan' })).toEqual([['plan:pro'], null]);
    expect(await ids({ kind: 'tenant' })).toEqual([[], null]);
  });

  it('is listed page by page', async () => {
    const page = async (after: string | null) => operate({ action: 'list', after }, { store: paged });
    const paged = {
      ...store,
      read: store.read.bind(store),
      write: store.write.bind(store),
      list: store.list.bind(store),
      count: store.count.bind(store),
      page: async ({ after }: { after?: string | undefined }) => {
        const { rules } = await store.page({ consistent: true, ...(after !== undefined && { after }) });
        return { rules: rules.slice(0, 1), next: rules.length > 1 ? rules[0]?.id : undefined };
      },
    };
    for (const id of ['sub:a', 'sub:b']) await operate({ ...REVOKE, id });
    expect(await page(null)).toMatchObject({ rules: [{ id: 'sub:a' }], next: 'sub:a' });
    expect(await page('sub:a')).toMatchObject({ rules: [{ id: 'sub:b' }], next: null });
  });

  it('of one subject is read, also where it is nothing', async () => {
    const rule = await ruleOf(REVOKE);
    expect(await operate({ action: 'get', id: 'sub:alice' })).toMatchObject({ ok: true, rule, changed: false });
    expect(await operate({ action: 'get', id: 'sub:nobody' })).toMatchObject({ ok: true, rule: noRule('sub:nobody') });
  });

  it('is a fault where the function itself is wrong, which the table is not blamed for', async () => {
    const broken = { ...noPages, read: () => Promise.reject(new TypeError('x is not a function')), write: store.write };
    await expect(operate(REVOKE, { store: broken })).rejects.toThrow('x is not a function');
  });

  it('is a fault where the table holds what is no rule', async () => {
    const Item = { pk: { S: `rules#${gateway}` }, sk: { S: 'sub:alice' }, version: { N: '1' }, rule: { S: '{}' } };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item }));
    await expect(operate(REVOKE)).rejects.toMatchObject({ code: 'decode_failed' });
  });
});

describe('the log', () => {
  it('has one line an operation, with what was asked and what came of it', async () => {
    await operate({ ...REVOKE, forMs: 60_000 });
    await operate({ action: 'list' });
    await operate({ ...REVOKE, id: 'plan:pro' });
    expect(output.lines).toEqual([
      {
        message: 'operation',
        gateway,
        action: 'revoke',
        id: 'sub:alice',
        forMs: 60_000,
        reason: 'left the company',
        changed: true,
        pushed: true,
        version: clock.nowMs,
      },
      { message: 'operation', gateway, action: 'list', kind: null, after: null, rules: 1 },
      {
        message: 'operation failed',
        gateway,
        code: 'invalid_operation',
        error: expect.stringContaining('only token, sub, tenant, key can be revoked'),
      },
    ]);
  });

  it('never has a token that somebody gave for an id or in a reason', async () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.${'A'.repeat(40)}.${'B'.repeat(86)}`;
    const results = await Promise.all(
      [{ ...REVOKE, id: `token:${token}` }, { ...REVOKE, reason: token }, { action: token }].map((event) =>
        operate(event),
      ),
    );
    expect(results.every(({ ok }) => !ok)).toBe(true);
    expect(JSON.stringify([output.lines, results])).not.toContain('AAAA');
  });
});
