import { type AttributeValue, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RuleStore } from '../../../lambdas/adapters/rule-store.ts';
import type { Rule } from '../../../lambdas/contract/rules.ts';
import { applyChange, noRule } from '../../../lambdas/core/rules.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { faultyClient } from '../../support/faulty-dynamodb.ts';
import { captureLines } from '../../support/lines.ts';

const NOW = Date.UTC(2026, 10, 24);
const DAY_S = 86_400;

let table: TestTable;
let count = 0;
let gateway = '';
let store: RuleStore;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  count += 1;
  gateway = `gateway-${count}`;
  store = new RuleStore(table.client, table.name, gateway);
  output = captureLines();
});
afterEach(() => output.restore());

function revoked(id: string, { previous = noRule(id), untilMs = 0, reason = 'left', nowMs = NOW } = {}): Rule {
  return applyChange(previous, { type: 'revoke', untilMs, reason }, nowMs);
}

async function items(): Promise<Record<string, AttributeValue>[]> {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `rules#${gateway}` } },
    }),
  );
  return Items;
}

/** Puts an item as a person with a console would. */
async function edit(sk: string, attributes: Record<string, AttributeValue>): Promise<void> {
  const key = { pk: { S: `rules#${gateway}` }, sk: { S: sk } };
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...key, ...attributes } }));
}

describe('a rule', () => {
  it('is none, of version 0, before something was said', async () => {
    expect(await store.read('sub:alice')).toEqual(noRule('sub:alice'));
  });

  it.each(['sub:alice', 'sub:名前 ‮ \\ " | 🙂', `tenant:${'x'.repeat(1024)}`, `sub:${'é'.repeat(1000)}`])(
    'is read and listed as it was written: %s',
    async (id) => {
      const rule: Rule = {
        ...revoked(id, { reason: '„gone“ "for" good' }),
        limits: { 'payments/client': { limit: 5, ratePerS: 0.25, untilMs: NOW + 1000 } },
      };
      expect(await store.write(rule, noRule(id))).toBe(rule);
      expect(await store.read(id)).toEqual(rule);
      expect(await store.list({ consistent: true })).toEqual([rule]);
    },
  );

  it('has one item, whose attributes tell people what it is', async () => {
    const rule = revoked('sub:alice');
    await store.write(rule, noRule('sub:alice'));
    expect(await items()).toMatchObject([
      { sk: { S: 'sub:alice' }, id: { S: 'sub:alice' }, version: { N: String(NOW) }, reason: { S: 'left' } },
    ]);
  });

  it('with a longer id than a sort key may be lies under its digest, apart from all others', async () => {
    const ids = [`sub:${'é'.repeat(900)}a`, `sub:${'é'.repeat(900)}b`];
    for (const id of ids) await store.write(revoked(id), noRule(id));
    for (const { sk } of await items()) expect(sk?.S).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await store.list()).map(({ id }) => id).toSorted()).toEqual(ids);
    expect(await store.read(ids[1] ?? '')).toMatchObject({ id: ids[1] });
  });

  it('is that of one gateway', async () => {
    await store.write(revoked('sub:alice'), noRule('sub:alice'));
    const other = new RuleStore(table.client, table.name, `${gateway}-other`);
    expect(await other.list()).toEqual([]);
  });
});

describe('the item of a rule expires', () => {
  async function expiryOf(rule: Rule): Promise<string | undefined> {
    await store.write(rule, noRule(rule.id));
    return (await items())[0]?.['expiresAt']?.N;
  }

  it('never while it says something without an end', async () => {
    expect(await expiryOf(revoked('sub:alice'))).toBeUndefined();
  });

  it('three days after it ends by itself', async () => {
    expect(await expiryOf(revoked('sub:alice', { untilMs: NOW + 60_001 }))).toBe(String(NOW / 1000 + 61 + 3 * DAY_S));
  });

  it('three days after all of it was taken back', async () => {
    const restored = applyChange(revoked('sub:alice'), { type: 'restore', reason: '' }, NOW + 5000);
    expect(await expiryOf(restored)).toBe(String(NOW / 1000 + 5 + 3 * DAY_S));
  });
});

describe('of writers that race', () => {
  it('exactly one is the first, and all learn what stands', async () => {
    const rules = Array.from({ length: 10 }, (_, index) => revoked('sub:alice', { reason: `writer ${index}` }));
    const standing = await Promise.all(rules.map((rule) => store.write(rule, noRule('sub:alice'))));
    expect(rules.filter((rule, index) => standing[index] === rule)).toHaveLength(1);
    const now = await store.read('sub:alice');
    for (const rule of standing) expect(rule).toEqual(now);
  });

  it('exactly one changes a rule that stands', async () => {
    const first = revoked('sub:alice');
    await store.write(first, noRule('sub:alice'));
    const rules = Array.from({ length: 10 }, (_, index) =>
      revoked('sub:alice', { previous: first, reason: `writer ${index}` }),
    );
    const standing = await Promise.all(rules.map((rule) => store.write(rule, first)));
    const winners = rules.filter((rule, index) => standing[index] === rule);
    expect(winners).toHaveLength(1);
    expect(await store.read('sub:alice')).toEqual(winners[0]);
  });

  it('none wins over a rule that has expired meanwhile: it reads again', async () => {
    const gone = revoked('sub:alice');
    expect(await store.write(revoked('sub:alice', { previous: gone }), gone)).toEqual(noRule('sub:alice'));
    expect(await items()).toEqual([]);
  });
});

it('a write whose answer was lost is known as one’s own when the SDK has sent it again', async () => {
  const client = new DynamoDBClient({
    endpoint: table.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 2,
  });
  let answers = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      answers += 1;
      if (answers === 1) throw Object.assign(new Error('the answer is lost'), { $retryable: {} });
      return answer;
    },
    { step: 'deserialize', priority: 'high' },
  );
  const rule = revoked('sub:alice');
  expect(await new RuleStore(client, table.name, gateway).write(rule, noRule('sub:alice'))).toBe(rule);
  expect(answers).toBeGreaterThan(1);
  client.destroy();
});

describe('the list', () => {
  it('goes on over pages of a megabyte', async () => {
    const reason = 'x'.repeat(256);
    const limits = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`service-${index}/client`, { limit: 5, ratePerS: 1, untilMs: 0 }]),
    );
    const rules = Array.from({ length: 300 }, (_, index): Rule => {
      const id = `sub:${String(index).padStart(4, '0')}`;
      return { id, version: NOW, revocation: null, limits, reason };
    });
    await Promise.all(rules.map((rule) => store.write(rule, noRule(rule.id))));
    const first = await store.page({});
    expect(first.rules.length).toBeLessThan(300);
    expect(first.next).toBe(first.rules.at(-1)?.id);
    expect(await store.list()).toEqual(rules);
  });

  it('ends at 20,000 rules with a fix', async () => {
    const page = Array.from({ length: 3000 }, () => ({
      version: { N: '1' },
      rule: { S: JSON.stringify({ ...noRule('sub:alice'), version: 1 }) },
    }));
    const client = new DynamoDBClient({ region: 'us-east-1' });
    let pages = 0;
    client.middlewareStack.add(
      () => async () => {
        pages += 1;
        return { output: { Items: page, LastEvaluatedKey: { sk: { S: 'x' } } }, response: {} } as never;
      },
      { step: 'initialize' },
    );
    await expect(new RuleStore(client, table.name, gateway).list()).rejects.toThrow(
      'a gateway may have at most 20000 rules, got more: give revocations an end',
    );
    expect(pages).toBe(7);
  });

  it.each<[string, Record<string, AttributeValue>]>([
    ['no JSON', { version: { N: '1' }, rule: { S: 'x' } }],
    ['another version', { version: { N: '2' }, rule: { S: JSON.stringify({ ...noRule('sub:bob'), version: 1 }) } }],
    ['version 0', { version: { N: '0' }, rule: { S: JSON.stringify(noRule('sub:bob')) } }],
    ['nothing', {}],
  ])('leaves out what somebody spoilt by hand, %s, and says so', async (_, attributes) => {
    await edit('sub:bob', { id: { S: 'sub:bob' }, ...attributes });
    const rule = revoked('sub:carol');
    await store.write(rule, noRule('sub:carol'));
    expect(await store.list()).toEqual([rule]);
    expect(output.lines).toMatchObject([{ message: 'item skipped: it is no rule', id: 'sub:bob' }]);
    await expect(store.read('sub:bob')).rejects.toMatchObject({ code: 'decode_failed' });
  });
});

it.each<[string, (failing: RuleStore) => Promise<unknown>]>([
  ['GetItem', (failing) => failing.read('sub:alice')],
  ['PutItem', (failing) => failing.write(revoked('sub:alice'), noRule('sub:alice'))],
  ['Query', (failing) => failing.list()],
])('a table that fails at %s makes the call throw', async (command, call) => {
  const faulty = faultyClient(table);
  faulty.fault = (called) => (called === command ? 'fails' : 'none');
  await expect(call(new RuleStore(faulty.client, table.name, gateway))).rejects.toThrow('the table is gone');
});
