import { GetItemCommand, PutItemCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEY_ITEM } from '../../../lambdas/adapters/auth/api-key-item.ts';
import { hashApiKey, isWellMade } from '../../../lambdas/adapters/auth/api-key-secret.ts';
import { ApiKeyStore } from '../../../lambdas/adapters/auth/api-key-store.ts';
import { RevocationMarker } from '../../../lambdas/adapters/auth/revocation-marker.ts';
import { RuleStore } from '../../../lambdas/adapters/limits/rule-store.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import { type ApiKey, parseApiKey } from '../../../lambdas/contract/auth/api-key.ts';
import type { KeyResult } from '../../../lambdas/contract/operations/key-operations.ts';
import type { OperationResult } from '../../../lambdas/contract/operations/operations.ts';
import { keysPartition, REVOCATION_MARK_SORT_KEY, revocationsPartition } from '../../../lambdas/contract/table.ts';
import { createOperate, type OperateOptions } from '../../../lambdas/operator/operate.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { faultyClient } from '../../support/aws/faulty-dynamodb.ts';
import { noCircuits } from '../../support/circuit/circuits.ts';
import { TestClock } from '../../support/clock.ts';
import { captureLines } from '../../support/lines.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NO_REDIS = 'stored; the gateway has no redis: functions read it from the table';
const UNKNOWN_ID = '000000000000';

let table: TestTable;
let count = 0;
let gateway = '';
let options: OperateOptions;
let clock: TestClock;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  count += 1;
  gateway = `gateway-${count}`;
  clock = new TestClock(Date.now());
  output = captureLines();
  options = {
    gateway,
    store: new RuleStore(sdkTable(table.client, table.name), gateway, clock.now),
    keys: new ApiKeyStore(sdkTable(table.client, table.name), gateway),
    marker: new RevocationMarker(sdkTable(table.client, table.name), gateway),
    circuits: noCircuits(gateway),
    openCopies: undefined,
    clock: clock.now,
  };
});
afterEach(() => output.restore());

function operate(event: unknown, changes: Partial<OperateOptions> = {}): Promise<OperationResult> {
  return createOperate({ ...options, ...changes })(event);
}

/** The key of an operation that must succeed. */
async function made(event: object): Promise<KeyResult> {
  const result = await operate(event);
  if (!result.ok || !('secret' in result)) throw new Error(JSON.stringify(result));
  return result;
}

const create = (changes: object = {}) => made({ action: 'create-key', owner: 'billing@example.com', ...changes });
const rotate = (id: string, changes: object = {}) => made({ action: 'rotate-key', id, ...changes });
const revoke = (id: string, changes: object = {}) =>
  operate({ action: 'revoke', id: `key:${id}`, reason: 'leaked', ...changes });
const restore = (id: string) => operate({ action: 'restore', id: `key:${id}` });

/** As the table has it. */
async function stored(id: string): Promise<ApiKey> {
  return (await options.keys.read(id))?.key ?? expect.unreachable(`no key ${id}`);
}

/** The mark of revocations; undefined: there is none. */
async function mark(): Promise<string | undefined> {
  const Key = { pk: { S: revocationsPartition(gateway) }, sk: { S: REVOCATION_MARK_SORT_KEY } };
  const { Item } = await table.client.send(new GetItemCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return Item?.['version']?.N;
}

function refused(message: string): object {
  return { ok: false, error: { code: 'invalid_operation', message: expect.stringContaining(message) } };
}

describe('a key that is made', () => {
  it('is answered with itself and with all that is known of it but its hash', async () => {
    const given = { plan: 'pro', tenant: 'acme', scopes: ['orders:read'], roles: ['admin'] };
    const { key, secret, note } = await create({ ...given, forMs: DAY_MS });
    const parts = parseApiKey(secret) ?? expect.unreachable(secret);
    expect(isWellMade(parts)).toBe(true);
    expect(note).toBeNull();
    expect(key).toEqual({
      id: parts.id,
      prefix: secret.slice(0, 17),
      owner: 'billing@example.com',
      ...given,
      createdAtMs: clock.nowMs,
      rotatedAtMs: clock.nowMs,
      expiresAtMs: clock.nowMs + DAY_MS,
      lastUsedAtMs: 0,
      revokedUntilMs: null,
      formerUntilMs: null,
    });
  });

  it('is kept as a hash only', async () => {
    const { key, secret } = await create();
    const { secrets, expiresAtMs } = await stored(key.id);
    expect(secrets).toEqual([{ hash: hashApiKey(secret), untilMs: 0 }]);
    expect(expiresAtMs).toBe(clock.nowMs + 365 * DAY_MS);
    const { Items } = await table.client.send(new ScanCommand({ TableName: table.name }));
    expect(JSON.stringify(Items)).toContain(hashApiKey(secret));
    expect(JSON.stringify(Items)).not.toContain(secret.slice(17));
  });

  it('has at most 4 KB however much is said of it, and another one each time', async () => {
    const words = Array.from({ length: 50 }, (_, index) => String(index).padStart(19, '-'));
    const name = 'n'.repeat(256);
    const ids = await Promise.all(
      [1, 2, 3].map(async () => {
        const { key } = await create({ owner: name, plan: name, tenant: name, scopes: words, roles: words });
        expect(JSON.stringify(await stored(key.id)).length).toBeLessThan(4096);
        return key.id;
      }),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it('is told as not made when the table does not answer', async () => {
    const faulty = faultyClient(table);
    faulty.fault = () => 'fails';
    const keys = new ApiKeyStore(sdkTable(faulty.client, table.name), gateway);
    const result = await operate({ action: 'create-key', owner: 'billing' }, { keys });
    expect(result).toMatchObject({ ok: false, error: { code: 'store_unavailable' } });
    expect(JSON.stringify([result, output.lines])).not.toContain('tgk_');
  });

  it('is never in the log, which names it by its id', async () => {
    const { key, secret } = await create();
    const rotated = await rotate(key.id);
    expect(output.lines).toMatchObject([
      { message: 'operation', gateway, action: 'create-key', owner: 'billing@example.com', id: key.id },
      { message: 'operation', gateway, action: 'rotate-key', id: key.id, overlapMs: DAY_MS },
    ]);
    const log = JSON.stringify(output.lines);
    for (const text of [secret, rotated.secret]) {
      expect(log).not.toContain(text.slice(17, 60));
      expect(log).not.toContain(hashApiKey(text));
    }
  });
});

describe('a key that is rotated', () => {
  it('has another secret beside the former one until the overlap ends, and as long a life as before', async () => {
    const { key, secret } = await create({ forMs: 30 * DAY_MS });
    clock.advance(10 * DAY_MS);
    const rotated = await rotate(key.id, { overlapMs: HOUR_MS });
    expect(parseApiKey(rotated.secret)?.id).toBe(key.id);
    expect(rotated.secret).not.toBe(secret);
    expect(rotated.key).toEqual({
      ...key,
      rotatedAtMs: clock.nowMs,
      expiresAtMs: clock.nowMs + 30 * DAY_MS,
      formerUntilMs: clock.nowMs + HOUR_MS,
    });
    expect((await stored(key.id)).secrets).toEqual([
      { hash: hashApiKey(rotated.secret), untilMs: 0 },
      { hash: hashApiKey(secret), untilMs: clock.nowMs + HOUR_MS },
    ]);
    expect(await mark()).toBeUndefined();
  });

  it('has a former secret for no longer than that would have been good', async () => {
    const { key } = await create({ forMs: HOUR_MS });
    expect((await rotate(key.id)).key.formerUntilMs).toBe(key.expiresAtMs);
  });

  it('is not rotated again while its former secret is good', async () => {
    const { key } = await create();
    const { secret } = await rotate(key.id, { overlapMs: HOUR_MS });
    const again = { action: 'rotate-key', id: key.id, overlapMs: DAY_MS };
    expect(await operate(again)).toEqual(
      refused(
        `former secret is good until ${new Date(clock.nowMs + HOUR_MS).toISOString()}: wait for that, or rotate with --overlap 0`,
      ),
    );
    expect((await stored(key.id)).secrets[0]?.hash).toBe(hashApiKey(secret));
    clock.advance(HOUR_MS);
    expect(await operate(again)).toMatchObject({ ok: true });
    expect((await stored(key.id)).secrets.map(({ hash }) => hash)).toContain(hashApiKey(secret));
  });

  it('without an overlap loses all secrets that it had, and instances are told to forget them', async () => {
    const { key } = await create();
    await rotate(key.id);
    const { secret, key: facts } = await rotate(key.id, { overlapMs: 0 });
    expect(facts.formerUntilMs).toBeNull();
    expect((await stored(key.id)).secrets).toEqual([{ hash: hashApiKey(secret), untilMs: 0 }]);
    expect(await mark()).toBe(String(clock.nowMs));
  });

  it('must be there, and neither expired nor revoked', async () => {
    const { key } = await create({ forMs: HOUR_MS });
    const again = { action: 'rotate-key', id: key.id };
    expect(await operate({ ...again, id: UNKNOWN_ID })).toEqual(refused(`no API key has the id ${UNKNOWN_ID}`));
    await revoke(key.id);
    expect(await operate(again)).toEqual(refused(`the key ${key.id} is revoked: restore key:${key.id} first`));
    await revoke(key.id, { forMs: 1000 });
    clock.advance(1000);
    expect(await operate(again)).toMatchObject({ ok: true });
    clock.advance(HOUR_MS);
    expect(await operate(again)).toEqual(refused(`the key ${key.id} has expired: make another one`));
  });

  it('by two operators at once has the secrets of one of them', async () => {
    const { key, secret } = await create();
    const event = { action: 'rotate-key', id: key.id };
    const results = await Promise.all([operate(event), operate(event)]);
    const winners = results.flatMap((result) => (result.ok && 'secret' in result ? [result.secret] : []));
    expect(winners).toHaveLength(1);
    const hashes = (await stored(key.id)).secrets.map(({ hash }) => hash);
    expect(hashes).toEqual([...winners, secret].map(hashApiKey));
  });
});

describe('a key that is revoked', () => {
  it('is marked itself, for the authorizer looks at nothing else, until it is restored', async () => {
    const { key } = await create();
    expect(await revoke(key.id, { forMs: HOUR_MS })).toMatchObject({ ok: true, changed: true, note: NO_REDIS });
    expect(await stored(key.id)).toMatchObject({ revokedUntilMs: clock.nowMs + HOUR_MS });
    expect(await revoke(key.id)).toMatchObject({ ok: true });
    expect(await stored(key.id)).toMatchObject({ revokedUntilMs: 0 });
    expect(await restore(key.id)).toMatchObject({ ok: true, changed: true, note: NO_REDIS });
    expect(await stored(key.id)).toMatchObject({ revokedUntilMs: null });
  });

  it('keeps when it was last used', async () => {
    const { key } = await create();
    const lastUsedAtMs = clock.nowMs;
    await noteUse(key.id, lastUsedAtMs);
    await revoke(key.id);
    expect(await options.keys.read(key.id)).toMatchObject({ lastUsedAtMs, key: { revokedUntilMs: 0 } });
  });

  it('is what its rule said last, also where another operator restored it in between', async () => {
    const { key } = await create();
    const { keys } = options;
    let restored: Promise<OperationResult> | undefined;
    const slow: OperateOptions['keys'] = {
      read: (id) => keys.read(id),
      page: (after) => keys.page(after),
      write: async (next, previous) => {
        restored ??= restore(key.id);
        await restored;
        return keys.write(next, previous);
      },
    };
    expect(await operate({ action: 'revoke', id: `key:${key.id}`, reason: 'leaked' }, { keys: slow })).toMatchObject({
      ok: true,
    });
    expect(await restored).toMatchObject({ ok: true, changed: true });
    expect(await stored(key.id)).toMatchObject({ revokedUntilMs: null });
  });

  it('and is no key is noted', async () => {
    expect(await revoke(UNKNOWN_ID)).toMatchObject({
      ok: true,
      note: `${NO_REDIS}; no API key has this id: the rule is kept, and matches no request`,
    });
    expect(await options.store.read(`key:${UNKNOWN_ID}`)).toMatchObject({ revocation: { untilMs: 0 } });
    expect(await options.keys.read(UNKNOWN_ID)).toBeUndefined();
  });

  it('and is spoilt in the table is noted: the revocation is made all the same', async () => {
    const Item = { pk: { S: keysPartition(gateway) }, sk: { S: '4fzN9qXw2LbC' }, [KEY_ITEM.key]: { S: '{}' } };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item }));
    const note = expect.stringContaining('damaged (item.version must be');
    expect(await revoke('4fzN9qXw2LbC')).toMatchObject({ ok: true, changed: true, note });
    expect((await options.store.read('key:4fzN9qXw2LbC')).revocation).not.toBeNull();
  });

  it('is told as not marked when its item cannot be written', async () => {
    const { key } = await create();
    const faulty = faultyClient(table);
    faulty.fault = () => 'fails';
    const keys = new ApiKeyStore(sdkTable(faulty.client, table.name), gateway);
    const event = { action: 'revoke', id: `key:${key.id}`, reason: 'leaked' };
    expect(await operate(event, { keys })).toMatchObject({ ok: false, error: { code: 'store_unavailable' } });
    expect(await options.store.read(`key:${key.id}`)).toMatchObject({ revocation: { untilMs: 0 } });
  });
});

describe('the mark of revocations', () => {
  it.each(['token:t1', 'sub:alice', 'tenant:acme', `key:${UNKNOWN_ID}`])('changes when %s is revoked', async (id) => {
    const event = { action: 'revoke', id, reason: 'x' };
    await operate(event);
    expect(await mark()).toBe(String(clock.nowMs));
    await operate(event);
    expect(await mark()).toBe(String(clock.nowMs + 1));
    clock.advance(-HOUR_MS);
    await operate(event);
    expect(await mark()).toBe(String(clock.nowMs + HOUR_MS + 2));
    clock.advance(2 * HOUR_MS);
    await operate(event);
    expect(await mark()).toBe(String(clock.nowMs));
  });

  it('stays as it is where nobody loses anything', async () => {
    await operate({ action: 'restore', id: 'sub:alice' });
    await operate({ action: 'limit', id: 'sub:alice', limit: 'client', value: 5 });
    await create();
    expect(await mark()).toBeUndefined();
  });

  it('that cannot be written is noted, and undoes nothing', async () => {
    const { key } = await create();
    const marker = { mark: () => Promise.reject(new Error('the table is gone')) };
    const note = expect.stringContaining(
      'the authorizer could not be notified (Error: the table is gone): for up to 5 minutes',
    );
    const event = { action: 'revoke', id: 'sub:alice', reason: 'x' };
    expect(await operate(event, { marker })).toMatchObject({ ok: true, changed: true, note });
    expect(await options.store.read('sub:alice')).toMatchObject({ revocation: { untilMs: 0 } });
    const rotation = { action: 'rotate-key', id: key.id, overlapMs: 0 };
    expect(await operate(rotation, { marker })).toMatchObject({ ok: true, secret: expect.any(String), note });
    expect(output.lines.at(-1)).toMatchObject({ message: 'operation', action: 'rotate-key', note });
  });

  it('changes with each of many at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => options.marker.mark(clock.nowMs)));
    expect(await mark()).toBe(String(clock.nowMs + 4));
  });
});

describe('the keys that there are', () => {
  it('are listed with their state and last use, and without hashes', async () => {
    const [one, other] = [await create(), await create({ owner: 'ci' })];
    await noteUse(one.key.id, clock.nowMs);
    const rotated = await rotate(other.key.id);
    await revoke(one.key.id);
    const result = await operate({ action: 'list-keys' });
    expect(result).toEqual({ ok: true, keys: expect.any(Array), next: null });
    const listed = result.ok && 'keys' in result ? result.keys : [];
    expect(listed.toSorted((left, right) => left.owner.localeCompare(right.owner))).toEqual([
      { ...one.key, lastUsedAtMs: clock.nowMs, revokedUntilMs: 0 },
      rotated.key,
    ]);
    expect(JSON.stringify(result)).not.toContain('hash');
    expect(output.lines.at(-1)).toEqual({ message: 'operation', gateway, action: 'list-keys', after: null, keys: 2 });
  });

  it('have no former secret once that has ended', async () => {
    const { key } = await create();
    await rotate(key.id, { overlapMs: HOUR_MS });
    clock.advance(HOUR_MS);
    expect(await operate({ action: 'list-keys' })).toMatchObject({ keys: [{ formerUntilMs: null }] });
  });

  it('are listed from behind where the page before ended', async () => {
    const ids = (await Promise.all([create(), create(), create()])).map(({ key }) => key.id).toSorted();
    const result = await operate({ action: 'list-keys', after: ids[0] });
    expect(result.ok && 'keys' in result && result.keys.map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it('are listed although somebody has spoilt one by hand, which the log tells', async () => {
    const { key } = await create();
    const Item = { pk: { S: keysPartition(gateway) }, sk: { S: 'spoilt' }, [KEY_ITEM.key]: { S: '{}' } };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item }));
    expect(await operate({ action: 'list-keys' })).toMatchObject({ keys: [{ id: key.id }] });
    expect(output.lines).toContainEqual(expect.objectContaining({ message: expect.any(String), id: 'spoilt' }));
  });
});

/** As the authorizer does. */
async function noteUse(id: string, atMs: number): Promise<void> {
  const Key = { pk: { S: keysPartition(gateway) }, sk: { S: id } };
  const set = { UpdateExpression: 'SET #used = :used', ExpressionAttributeNames: { '#used': KEY_ITEM.lastUsed } };
  const ExpressionAttributeValues = { ':used': { N: String(atMs) } };
  await table.client.send(new UpdateItemCommand({ TableName: table.name, Key, ...set, ExpressionAttributeValues }));
}
