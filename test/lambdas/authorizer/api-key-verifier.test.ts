import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeApiKeyItem, itemKeyOf } from '../../../lambdas/adapters/auth/api-key-item.ts';
import { ApiKeyLookup } from '../../../lambdas/adapters/auth/api-key-lookup.ts';
import { hashApiKey, mintApiKey, newApiKeyId } from '../../../lambdas/adapters/auth/api-key-secret.ts';
import { keyAttributes } from '../../../lambdas/adapters/table/table-client.ts';
import { ApiKeyVerifier } from '../../../lambdas/authorizer/api-key-verifier.ts';
import type { ApiKey } from '../../../lambdas/contract/auth/api-key.ts';
import { apiKeyOf } from '../../support/auth/api-keys.ts';
import { tableClient } from '../../support/auth/authorizer.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { TestClock } from '../../support/clock.ts';
import { captureLines } from '../../support/lines.ts';

const INVALID = { verdict: 'rejected', error: 'invalid_token', errorDescription: 'the API key is not valid' };
const HOUR_MS = 3_600_000;

let table: TestTable;
let clock: TestClock;
let lookup: ApiKeyLookup;
let verifier: ApiKeyVerifier;
/** What was asked of the table, in order. */
let asked: string[];
const secret = mintApiKey(newApiKeyId());

beforeEach(async () => {
  table = await startTable();
  clock = new TestClock();
  asked = [];
  lookup = new ApiKeyLookup(tableClient(table, clock.now), 'test');
  verifier = new ApiKeyVerifier({
    keys: {
      find: (id) => {
        asked.push(`find ${id}`);
        return lookup.find(id);
      },
      used: (id, nowMs) => {
        asked.push(`used ${id}`);
        return lookup.used(id, nowMs);
      },
    },
    claims: ['/owner', '/plan', '/tenant', '/secrets'],
  });
});

afterEach(() => table.stop());

async function store(changes: Partial<ApiKey> = {}): Promise<ApiKey> {
  const key = apiKeyOf(secret, clock.nowMs, changes);
  const Item = {
    ...keyAttributes(itemKeyOf('test', key.id)),
    ...encodeApiKeyItem(key),
  } as PutItemCommand['input']['Item'];
  await table.client.send(new PutItemCommand({ TableName: table.name, Item }));
  return key;
}

function verify(credential = secret) {
  return verifier.verify(credential, clock.nowMs);
}

describe('an API key', () => {
  it('is its bearer’s, whoever that is, with what the table says of it, for a minute', async () => {
    const { id } = await store();
    expect(await verify()).toEqual({
      verdict: 'accepted',
      untilMs: clock.nowMs + 60_000,
      verified: {
        verdict: 'verified',
        kind: 'apiKey',
        client: `key:${id}`,
        sub: '',
        email: '',
        roles: ['robot'],
        scopes: ['read'],
        plan: 'gold',
        tenant: 't1',
        jti: '',
        issuer: '',
        claims: { '/owner': 'billing', '/plan': 'gold', '/tenant': 't1' },
      },
    });
  });

  it('is refused from the millisecond on in which it ends, and not remembered beyond it', async () => {
    const { expiresAtMs } = await store();
    clock.advance(expiresAtMs - clock.nowMs - 1);
    expect(await verify()).toMatchObject({ verdict: 'accepted', untilMs: expiresAtMs });
    clock.advance(1);
    expect(await verify()).toMatchObject(INVALID);
  });

  it('is refused while it is revoked', async () => {
    await store({ revokedUntilMs: 0 });
    expect(await verify()).toMatchObject(INVALID);
    await store({ revokedUntilMs: clock.nowMs + 1 });
    expect(await verify()).toMatchObject(INVALID);
    clock.advance(1);
    expect(await verify()).toMatchObject({ verdict: 'accepted' });
  });

  it('has a former secret until the end of the overlap, and its new one beyond it', async () => {
    const next = mintApiKey(secret.slice(4, 16));
    const untilMs = clock.nowMs + 30_000;
    await store({
      secrets: [
        { hash: hashApiKey(next), untilMs: 0 },
        { hash: hashApiKey(secret), untilMs },
      ],
    });
    const former = await verify();
    expect(former).toMatchObject({ verdict: 'accepted', untilMs });
    expect(await verify(next)).toMatchObject({
      verified: former.verdict === 'accepted' && former.verified,
      untilMs: clock.nowMs + 60_000,
    });
    clock.advance(30_000);
    expect(await verify()).toMatchObject(INVALID);
    expect(await verify(next)).toMatchObject({ verdict: 'accepted' });
  });

  it('ends with all of its secrets, also with a former one whose overlap is longer', async () => {
    const expiresAtMs = clock.nowMs + 10_000;
    await store({ expiresAtMs, secrets: [{ hash: hashApiKey(secret), untilMs: clock.nowMs + 30_000 }] });
    expect(await verify()).toMatchObject({ verdict: 'accepted', untilMs: expiresAtMs });
    clock.advance(10_000);
    expect(await verify()).toMatchObject(INVALID);
  });

  it('of the right id and another secret is refused', async () => {
    await store();
    expect(await verify(mintApiKey(secret.slice(4, 16)))).toMatchObject(INVALID);
  });
});

describe('a key that nobody has', () => {
  it.each([
    ['mistyped', secret.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'))],
    ['cut short', secret.slice(0, -1)],
    ['longer', `${secret}0`],
    ['of another case', secret.toLowerCase()],
    ['a prefix', 'tgk_'],
    ['nothing', ''],
    ['8 KB', `tgk_${'a'.repeat(8188)}`],
    ['with an id of another alphabet', secret.replace(/^tgk_.{3}/, 'tgk_../')],
  ])('since it is %s is refused without a look at the table', async (_, credential) => {
    await store();
    expect(await verify(credential)).toMatchObject(INVALID);
    expect(asked).toEqual([]);
  });

  it('is asked for once in half a minute, and found when it is made meanwhile', async () => {
    const id = secret.slice(4, 16);
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await verify()).toMatchObject(INVALID);
    expect(asked).toEqual([`find ${id}`]);
    await store();
    clock.advance(30_000);
    expect(await verify()).toMatchObject({ verdict: 'accepted' });
  });

  it('is asked for again when the clock has stepped back', async () => {
    await verify();
    await store();
    clock.advance(-HOUR_MS);
    expect(await verify()).toMatchObject({ verdict: 'accepted' });
  });

  it('is one of a thousand that are known not to be, the latest ones', async () => {
    const absent = new ApiKeyVerifier({
      keys: {
        find: async (id) => {
          asked.push(id);
          return undefined;
        },
        used: async () => undefined,
      },
      claims: [],
    });
    const made = Array.from({ length: 1001 }, () => mintApiKey(newApiKeyId()));
    for (const credential of made) await absent.verify(credential, clock.nowMs);
    asked = [];
    for (const credential of [made[1], made[1000], made[0]] as string[]) await absent.verify(credential, clock.nowMs);
    expect(asked).toEqual([made[0]?.slice(4, 16)]);
  });
});

describe('the last use of a key', () => {
  it('is written once an hour', async () => {
    const { id } = await store();
    for (const minutes of [0, 1, 58, 1, 1, 59]) {
      clock.advance(minutes * 60_000);
      expect(await verify()).toMatchObject({ verdict: 'accepted' });
    }
    expect(asked.filter((call) => call === `used ${id}`)).toHaveLength(3);
    expect(await lookup.find(id)).toMatchObject({ lastUsedAtMs: clock.nowMs });
  });

  it('is not that of a key that was refused', async () => {
    await store({ revokedUntilMs: 0 });
    await verify();
    await verify(mintApiKey(secret.slice(4, 16)));
    expect(asked.filter((call) => call.startsWith('used'))).toEqual([]);
  });
});

it('a table that is gone is a fault and no verdict, and its log has no key', async () => {
  await store();
  await table.stop();
  const { lines, restore } = captureLines();
  await expect(verify().finally(restore)).rejects.toMatchObject({ code: 'table_call_failed' });
  expect(JSON.stringify(lines)).not.toContain(secret.slice(17));
});

it('an item that is no key is a fault: nobody can say whether the key is good', async () => {
  const Item = { ...keyAttributes(itemKeyOf('test', secret.slice(4, 16))), apiKey: { S: '{}' }, version: { N: '1' } };
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: Item as never }));
  await expect(verify()).rejects.toMatchObject({ code: 'decode_failed' });
});
