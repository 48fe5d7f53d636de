import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MARK_LOOKED_AT_MS, RevocationMark } from '../../../../lambdas/adapters/auth/revocation-mark.ts';
import { RevocationMarker } from '../../../../lambdas/adapters/auth/revocation-marker.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { REVOCATION_MARK_SORT_KEY, revocationsPartition, TABLE } from '../../../../lambdas/contract/table.ts';
import { tableClient } from '../../../support/auth/authorizer.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { TestClock } from '../../../support/clock.ts';
import { captureLines } from '../../../support/lines.ts';

let table: TestTable;
let clock: TestClock;
let marker: RevocationMarker;
let captured: ReturnType<typeof captureLines>;
beforeEach(async () => {
  table = await startTable();
  clock = new TestClock();
  marker = new RevocationMarker(sdkTable(table.client, table.name), 'shop');
  captured = captureLines();
});
afterEach(async () => {
  captured.restore();
  vi.useRealTimers();
  await table.stop();
});

/** A mark that has been read once, and is to be looked at again. */
async function known(client = tableClient(table, Date.now)): Promise<RevocationMark> {
  const mark = new RevocationMark({ client, gateway: 'shop', clock: clock.now });
  mark.changed();
  clock.advance(MARK_LOOKED_AT_MS);
  await mark.changed();
  clock.advance(MARK_LOOKED_AT_MS);
  return mark;
}

describe('the mark', () => {
  it('is not looked at by the first request: a cold start has nothing to forget', () => {
    const client = { get: vi.fn() };
    const mark = new RevocationMark({ client, gateway: 'shop', clock: clock.now });
    expect(mark.changed()).toBe(false);
    clock.advance(MARK_LOOKED_AT_MS - 1);
    expect(mark.changed()).toBe(false);
    expect(client.get).not.toHaveBeenCalled();
  });

  it('has changed when it is first read: what happened before is not known', async () => {
    const mark = new RevocationMark({ client: tableClient(table, Date.now), gateway: 'shop', clock: clock.now });
    mark.changed();
    clock.advance(MARK_LOOKED_AT_MS);
    expect(await mark.changed()).toBe(true);
  });

  it('has not changed while nobody is revoked, whether anybody ever was or not', async () => {
    const never = await known();
    expect(await never.changed()).toBe(false);
    await marker.mark(clock.nowMs);
    const once = await known();
    expect(await once.changed()).toBe(false);
  });

  it('has changed once with each revocation, also with one at the same time or by a clock that stepped back', async () => {
    const mark = await known();
    const nowMs = clock.nowMs;
    for (const atMs of [nowMs, nowMs, nowMs - 60_000]) {
      await marker.mark(atMs);
      expect(await mark.changed()).toBe(true);
      clock.advance(MARK_LOOKED_AT_MS);
      expect(await mark.changed()).toBe(false);
      clock.advance(MARK_LOOKED_AT_MS);
    }
  });

  it('is looked at every 15 s and no more often, by one request', async () => {
    const mark = await known();
    await marker.mark(clock.nowMs);
    const [looks, ...others] = [mark.changed(), mark.changed(), mark.changed()];
    expect(others).toEqual([false, false]);
    expect(await looks).toBe(true);
    await marker.mark(clock.nowMs);
    clock.advance(MARK_LOOKED_AT_MS - 1);
    expect(mark.changed()).toBe(false);
    clock.advance(1);
    expect(await mark.changed()).toBe(true);
  });

  it('is looked at after a step back of the clock, too', async () => {
    const mark = await known();
    await marker.mark(clock.nowMs);
    clock.advance(-3_600_000);
    expect(await mark.changed()).toBe(true);
  });

  it('of another gateway says nothing', async () => {
    const mark = await known();
    await new RevocationMarker(sdkTable(table.client, table.name), 'other').mark(clock.nowMs);
    expect(await mark.changed()).toBe(false);
  });
});

describe('a mark that cannot be read', () => {
  it('has not changed; what was missed is seen the next time', async () => {
    const client = tableClient(table, Date.now);
    const mark = await known(client);
    await marker.mark(clock.nowMs);
    const get = vi.spyOn(client, 'get').mockRejectedValueOnce(new Error('the table is gone'));
    expect(await mark.changed()).toBe(false);
    expect(captured.lines).toEqual([{ message: 'mark of revocations not read', error: 'Error: the table is gone' }]);
    clock.advance(MARK_LOOKED_AT_MS);
    expect(await mark.changed()).toBe(true);
    expect(get).toHaveBeenCalledTimes(2);
  });

  it('is waited for 100 ms', async () => {
    const asked = Promise.withResolvers<void>();
    const client = {
      get: () => {
        asked.resolve();
        return new Promise<never>(() => undefined);
      },
    };
    const mark = new RevocationMark({ client, gateway: 'shop', clock: clock.now });
    mark.changed();
    clock.advance(MARK_LOOKED_AT_MS);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const changed = mark.changed();
    await asked.promise;
    vi.advanceTimersByTime(100);
    expect(await changed).toBe(false);
  });

  it.each([{ version: { S: '1' } }, { version: { N: '1.5' } }, { other: { N: '1' } }])(
    'since its item is %j has not changed',
    async (attributes) => {
      const mark = await known();
      const key = {
        [TABLE.partitionKey]: { S: revocationsPartition('shop') },
        [TABLE.sortKey]: { S: REVOCATION_MARK_SORT_KEY },
      };
      await table.client.send(
        new PutItemCommand({ TableName: table.name, Item: { ...key, ...attributes } as Record<string, { S: string }> }),
      );
      expect(await mark.changed()).toBe(false);
      expect(captured.lines).toHaveLength(1);
    },
  );
});

it('a mark that the table refuses twice is no mark, and the operator learns of it', async () => {
  const client = sdkTable(table.client, table.name);
  // Somebody removes the item between the two writes.
  vi.spyOn(client, 'update').mockResolvedValue(false);
  await expect(new RevocationMarker(client, 'shop').mark(clock.nowMs)).rejects.toThrow('was not written');
});
