import { type AttributeValue, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeItem } from '../../../../lambdas/adapters/limits/rule-item.ts';
import { RuleStore } from '../../../../lambdas/adapters/limits/rule-store.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { TableClient } from '../../../../lambdas/adapters/table/table-client.ts';
import type { Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { applyChange, noRule } from '../../../../lambdas/core/limits/rule-matching.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { faultyClient } from '../../../support/aws/faulty-dynamodb.ts';
import { losingRelay, TABLE_CLIENTS } from '../../../support/aws/table-clients.ts';
import { captureLines } from '../../../support/lines.ts';

const NOW = Date.UTC(2026, 10, 24);
const DAY_S = 86_400;
const HOUR_S = 3600;

let table: TestTable;
let count = 0;
let gateway = '';
let store: RuleStore;
let nowMs = NOW;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  count += 1;
  gateway = `gateway-${count}`;
  nowMs = NOW;
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

/** A client that knows these pages of rules. */
function answering(pages: readonly (readonly Rule[])[]): TableClient {
  let asked = 0;
  return new TableClient(table.name, async () => {
    const Items = (pages[asked] ?? []).map((rule) => encodeItem(rule, noRule(rule.id)));
    const next = asked + 1 < pages.length && { LastEvaluatedKey: { sk: { S: `page ${asked}` } } };
    asked += 1;
    return { Items, ...next };
  });
}

describe.each(TABLE_CLIENTS)('by %s', (_, clientOf) => {
  let client: TableClient;
  beforeAll(() => {
    client = clientOf(table);
  });
  beforeEach(() => {
    store = new RuleStore(client, gateway, () => nowMs);
  });

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
      expect((await items())[0]).not.toHaveProperty('endsAt');
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
      const other = new RuleStore(client, `${gateway}-other`);
      expect(await other.list()).toEqual([]);
    });
  });

  describe('the item of a rule expires', () => {
    async function expiryOf(rule: Rule, previous = noRule(rule.id)): Promise<string | undefined> {
      await store.write(rule, previous);
      return (await items())[0]?.['expiresAt']?.N;
    }

    it('never while it says something without an end', async () => {
      expect(await expiryOf(revoked('sub:alice'))).toBeUndefined();
    });

    it('an hour after it ends by itself where it was the only one: its copies know the end', async () => {
      expect(await expiryOf(revoked('sub:alice', { untilMs: NOW + 60_001 }))).toBe(String(NOW / 1000 + 61 + HOUR_S));
      expect((await items())[0]?.['endsAt']?.N).toBe(String(NOW / 1000 + 61));
    });

    it('three days after it ends where a copy may hold another one that ends later', async () => {
      const forGood = revoked('sub:alice');
      await store.write(forGood, noRule('sub:alice'));
      const shorter = revoked('sub:alice', { previous: forGood, untilMs: NOW + 60_000 });
      expect(await expiryOf(shorter, forGood)).toBe(String(NOW / 1000 + 60 + 3 * DAY_S));
    });

    it('three days after all of it was taken back, by a copy that nobody else knows of too', async () => {
      const restored = applyChange(noRule('sub:alice'), { type: 'restore', reason: '' }, NOW + 5000);
      expect(await expiryOf(restored)).toBe(String(NOW / 1000 + 5 + 3 * DAY_S));
    });

    it('and is no longer listed although DynamoDB has not deleted it yet', async () => {
      const rule = revoked('token:t', { untilMs: NOW + 60_000 });
      await store.write(rule, noRule('token:t'));
      nowMs = NOW + 60_000 + HOUR_S * 1000 - 1;
      expect(await store.list()).toEqual([rule]);
      nowMs += 1;
      expect(await store.list()).toEqual([]);
      expect(await items()).toHaveLength(1);
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

  it('a write whose answer was lost is known as one’s own when the client has sent it again', async () => {
    const relay = await losingRelay(table, (answer) => answer === 1);
    const rule = revoked('sub:alice');
    const retrying = new RuleStore(clientOf({ ...table, endpoint: relay.url }), gateway);
    expect(await retrying.write(rule, noRule('sub:alice'))).toBe(rule);
    expect(relay.answers()).toBeGreaterThan(1);
    await relay.stop();
  });

  it('the count is of the rules that say something', async () => {
    await store.write(revoked('sub:alice'), noRule('sub:alice'));
    await store.write(revoked('token:t', { untilMs: NOW + 60_000 }), noRule('token:t'));
    await store.write(applyChange(noRule('sub:bob'), { type: 'restore', reason: '' }, NOW), noRule('sub:bob'));
    expect(await store.count()).toBe(2);
    nowMs = NOW + 60_000;
    expect(await store.count()).toBe(1);
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

    it('keeps the revocations of more than 20,000 rules and says once what is to be done', async () => {
      const limits = { client: { limit: 5, ratePerS: null, untilMs: 0 } };
      const limited = (index: number): Rule => ({ ...noRule(`sub:${index}`), version: 1, limits });
      const rules = [...Array.from({ length: 20_000 }, (_, index) => limited(index)), revoked('tenant:acme')];
      const listed = await new RuleStore(answering([rules]), gateway).list();
      expect(listed).toHaveLength(20_000);
      expect(listed.at(-1)).toEqual(revoked('tenant:acme'));
      expect(output.lines).toEqual([
        { message: expect.stringMatching(/^a gateway may have at most 20000 rules, has more: give /), left_out: 1 },
      ]);
    });

    it('does not count what has ended toward the 20,000, and tells of it all the same', async () => {
      const rules = Array.from({ length: 20_001 }, (_, index) => revoked(`token:${index}`, { untilMs: NOW + 1000 }));
      nowMs = NOW + 1000;
      expect(await new RuleStore(answering([rules]), gateway, () => nowMs).list()).toHaveLength(20_001);
      expect(output.lines).toEqual([]);
    });

    it('ends after 40,000 rules, whatever they say', async () => {
      const page = Array.from({ length: 3000 }, (_, index) => revoked(`token:${index}`, { untilMs: 1 }));
      const client = answering(Array.from({ length: 100 }, () => page));
      expect(await new RuleStore(client, gateway).list()).toHaveLength(42_000);
      expect(output.lines).toMatchObject([{ left_out: 0, not_read_after: 'page 13' }]);
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
});

it.each<[string, (failing: RuleStore) => Promise<unknown>]>([
  ['GetItem', (failing) => failing.read('sub:alice')],
  ['PutItem', (failing) => failing.write(revoked('sub:alice'), noRule('sub:alice'))],
  ['Query', (failing) => failing.list()],
  ['Query', (failing) => failing.count()],
])('a table that fails at %s makes the call throw', async (command, call) => {
  const faulty = faultyClient(table);
  faulty.fault = (called) => (called === command ? 'fails' : 'none');
  await expect(call(new RuleStore(sdkTable(faulty.client, table.name), gateway))).rejects.toMatchObject({
    code: 'table_unavailable',
    message: 'the table does not answer (Error: the table is gone)',
  });
});
