import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  REBUILD_WAIT_MS,
  RULES_REREAD_MS,
  RULES_STALE_MS,
  RULES_WAIT_MS,
  RuleCache,
} from '../../../../lambdas/adapters/limits/rule-cache.ts';
import type { Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import type { Identity } from '../../../../lambdas/core/limits/limiter.ts';
import { noRule } from '../../../../lambdas/core/limits/rule-matching.ts';
import { TestClock } from '../../../support/clock.ts';

const ALICE: Identity = {
  client: 'sub:alice',
  tenant: 'tenant:acme',
  plan: 'plan:pro',
  token: 'token:t1',
  ip: 'ip:192.0.2.1',
};
const REVOKED_ALICE: Rule = { ...noRule('sub:alice'), version: 1, revocation: { untilMs: 0, reason: '' } };

let clock: TestClock;
/** The reads of the table so far, each answered by the test. */
let reads: PromiseWithResolvers<readonly Rule[]>[];
let copied: (readonly Rule[])[];
let failures: string[];
let book: RuleCache;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
  clock = new TestClock();
  reads = [];
  copied = [];
  failures = [];
  book = create();
});
afterEach(() => {
  vi.useRealTimers();
});

function create(copy?: (list: () => Promise<readonly Rule[]>) => Promise<unknown>): RuleCache {
  return new RuleCache({
    list: () => {
      const read = Promise.withResolvers<readonly Rule[]>();
      reads.push(read);
      return read.promise;
    },
    service: 'payments',
    copy: copy ?? (async (list) => copied.push(await list())),
    clock: clock.now,
    onFailure: (error) => failures.push((error as Error).message),
  });
}

function answer(read: number, rules: readonly Rule[] = []): void {
  reads[read]?.resolve(rules);
}

/** Passes the time that a request waits, on the wall's clock too. */
async function waitOut(): Promise<void> {
  clock.advance(RULES_WAIT_MS);
  await vi.advanceTimersByTimeAsync(RULES_WAIT_MS + 1);
}

/** The answer to a request that must not wait for anything. */
async function atOnce(asked: Promise<boolean>): Promise<boolean | 'waits'> {
  let answer: boolean | 'waits' = 'waits';
  asked.then((revoked) => {
    answer = revoked;
  });
  await vi.advanceTimersByTimeAsync(0);
  return answer;
}

/** A book that has read these rules just now. */
async function read(rules: readonly Rule[]): Promise<void> {
  const asked = book.isRevoked(ALICE);
  answer(reads.length - 1, rules);
  await asked;
}

describe('the first request without Redis', () => {
  it('waits for the table, and is refused when it says so', async () => {
    const asked = book.isRevoked(ALICE);
    expect(reads).toHaveLength(1);
    answer(0, [REVOKED_ALICE]);
    expect(await asked).toBe(true);
    expect(failures).toEqual([]);
  });

  it.each(['sub:alice', 'tenant:acme', 'token:t1'])('is refused when %s is revoked', async (id) => {
    await read([{ ...REVOKED_ALICE, id }]);
    expect(await book.isRevoked(ALICE)).toBe(true);
  });

  it('passes when the rules are about others, or have ended', async () => {
    await read([
      { ...REVOKED_ALICE, id: 'sub:bob' },
      { ...REVOKED_ALICE, revocation: { untilMs: clock.nowMs, reason: '' } },
    ]);
    expect(await book.isRevoked(ALICE)).toBe(false);
  });

  it('passes when the table gives no answer within 50 ms, which is told once for all who wait', async () => {
    const asked = Array.from({ length: 20 }, () => book.isRevoked(ALICE));
    await waitOut();
    expect(await Promise.all(asked)).toEqual(asked.map(() => false));
    expect(failures).toEqual([`the table gave no rules within ${RULES_WAIT_MS} ms`]);
    expect(reads).toHaveLength(1);
  });

  it('passes when the table fails, which is told once', async () => {
    const asked = [book.isRevoked(ALICE), book.isRevoked(ALICE)];
    reads[0]?.reject(new Error('the table is gone'));
    expect(await Promise.all(asked)).toEqual([false, false]);
    expect(failures).toEqual(['the table is gone']);
  });
});

describe('while the first read is late', () => {
  it('later requests do not wait for it again', async () => {
    const first = book.isRevoked(ALICE);
    await waitOut();
    await first;
    expect(await atOnce(book.isRevoked(ALICE))).toBe(false);
    expect(reads).toHaveLength(1);
    expect(failures).toHaveLength(1);
  });

  it('a request that comes in the middle waits for the rest of the time only', async () => {
    const first = book.isRevoked(ALICE);
    await vi.advanceTimersByTimeAsync(RULES_WAIT_MS - 1);
    const second = book.isRevoked(ALICE);
    await vi.advanceTimersByTimeAsync(2);
    expect(await Promise.all([first, second])).toEqual([false, false]);
  });

  it('what it brings holds as soon as it is there', async () => {
    const first = book.isRevoked(ALICE);
    await waitOut();
    await first;
    answer(0, [REVOKED_ALICE]);
    await vi.advanceTimersByTimeAsync(0);
    expect(await book.isRevoked(ALICE)).toBe(true);
    expect(reads).toHaveLength(1);
  });
});

describe('rules that were read', () => {
  it('serve for five seconds without another read', async () => {
    await read([REVOKED_ALICE]);
    clock.advance(RULES_REREAD_MS);
    expect(await atOnce(book.isRevoked(ALICE))).toBe(true);
    expect(reads).toHaveLength(1);
  });

  it('are then read again beside the requests, once', async () => {
    await read([REVOKED_ALICE]);
    clock.advance(RULES_REREAD_MS + 1);
    expect(await atOnce(book.isRevoked(ALICE))).toBe(true);
    expect(await atOnce(book.isRevoked(ALICE))).toBe(true);
    expect(reads).toHaveLength(2);
    answer(1, []);
    await vi.advanceTimersByTimeAsync(0);
    expect(await atOnce(book.isRevoked(ALICE))).toBe(false);
  });

  it('are not read again for a while where that fails, and serve on', async () => {
    await read([REVOKED_ALICE]);
    clock.advance(RULES_REREAD_MS + 1);
    await atOnce(book.isRevoked(ALICE));
    reads[1]?.reject(new Error('the table is gone'));
    await vi.advanceTimersByTimeAsync(0);
    expect(await atOnce(book.isRevoked(ALICE))).toBe(true);
    expect(failures).toEqual(['the table is gone']);
    expect(reads).toHaveLength(2);
    clock.advance(RULES_REREAD_MS + 1);
    await atOnce(book.isRevoked(ALICE));
    expect(reads).toHaveLength(3);
  });

  it('of an outage long ago are not trusted: the request waits for the table once more', async () => {
    await read([]);
    clock.advance(RULES_STALE_MS + 1);
    const asked = book.isRevoked(ALICE);
    expect(await atOnce(asked)).toBe('waits');
    answer(1, [REVOKED_ALICE]);
    expect(await asked).toBe(true);
  });

  it('are doubted when Redis is lost: the next request waits for a read that begins after that', async () => {
    await read([]);
    book.invalidate();
    const asked = book.isRevoked(ALICE);
    expect(reads).toHaveLength(2);
    answer(1, [REVOKED_ALICE]);
    expect(await asked).toBe(true);
    expect(await atOnce(book.isRevoked(ALICE))).toBe(true);
    expect(reads).toHaveLength(2);
  });

  it('are doubted also while they are read', async () => {
    const early = book.isRevoked(ALICE);
    book.invalidate();
    const late = book.isRevoked(ALICE);
    answer(0, []);
    expect(await atOnce(late)).toBe('waits');
    answer(1, [REVOKED_ALICE]);
    expect(await late).toBe(true);
    await early;
  });

  it('of an outage long ago are still better than none', async () => {
    await read([REVOKED_ALICE]);
    clock.advance(RULES_STALE_MS + 1);
    const asked = book.isRevoked(ALICE);
    await waitOut();
    expect(await asked).toBe(true);
  });

  it('are old for a clock that stepped back', async () => {
    await read([REVOKED_ALICE]);
    clock.advance(-RULES_STALE_MS - 1);
    const asked = book.isRevoked(ALICE);
    expect(await atOnce(asked)).toBe('waits');
    answer(1, []);
    expect(await asked).toBe(false);
  });
});

describe('what operators set for a limit', () => {
  const override = { limit: 5, ratePerS: null, untilMs: 0 };

  it('is unknown before the rules are read, and asking does not read them', () => {
    expect(book.overrideFor(ALICE, { name: 'client', by: 'client' })).toBeUndefined();
    expect(reads).toEqual([]);
  });

  it('is that of the service before the general one, and ends by the clock', async () => {
    const ending = { limit: 9, ratePerS: null, untilMs: clock.nowMs + 1000 };
    await read([{ ...noRule('plan:pro'), version: 1, limits: { client: override, 'payments/client': ending } }]);
    expect(book.overrideFor(ALICE, { name: 'client', by: 'client' })).toEqual(ending);
    expect(book.overrideFor(ALICE, { name: 'tenant', by: 'client' })).toBeUndefined();
    clock.advance(1000);
    expect(book.overrideFor(ALICE, { name: 'client', by: 'client' })).toEqual(override);
  });
});

describe('rebuilding the copies', () => {
  it('reads the table and writes what it says, which serves here too', async () => {
    book.rebuild();
    answer(0, [REVOKED_ALICE]);
    await vi.advanceTimersByTimeAsync(0);
    expect(copied).toEqual([[REVOKED_ALICE]]);
    expect(await atOnce(book.isRevoked(ALICE))).toBe(true);
    expect(reads).toHaveLength(1);
  });

  it('is something to wait for until it is done, and for half a second at most', async () => {
    expect(book.settled()).toBeUndefined();
    book.rebuild();
    const first = atOnce(book.settled()?.then(() => true) ?? expect.fail('nothing is under way'));
    expect(await first).toBe('waits');
    answer(0, []);
    await vi.advanceTimersByTimeAsync(0);
    expect(book.settled()).toBeUndefined();

    book.rebuild();
    const second = book.settled();
    await vi.advanceTimersByTimeAsync(REBUILD_WAIT_MS + 1);
    await second;
    expect(book.settled()).toBeUndefined();
  });

  it('never writes what was read before the copies were looked at', async () => {
    const looked = Promise.withResolvers<void>();
    book = create(async (list) => {
      await looked.promise;
      copied.push(await list());
    });
    const early = book.isRevoked(ALICE);
    book.rebuild();
    looked.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(reads).toHaveLength(2);
    answer(0, []);
    answer(1, [REVOKED_ALICE]);
    await early;
    await vi.advanceTimersByTimeAsync(0);
    expect(copied).toEqual([[REVOKED_ALICE]]);
  });

  it('an older read that ends later does not bring back what the newer one replaced', async () => {
    const early = book.isRevoked(ALICE);
    book.rebuild();
    answer(1, [REVOKED_ALICE]);
    await vi.advanceTimersByTimeAsync(0);
    answer(0, []);
    await early;
    await vi.advanceTimersByTimeAsync(0);
    expect(await book.isRevoked(ALICE)).toBe(true);
  });

  it('that fails is told, and the next one is made', async () => {
    book = create(async (list) => {
      await list();
      if (reads.length === 1) throw new Error('redis is read-only');
    });
    book.rebuild();
    answer(0);
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual(['redis is read-only']);
    book.rebuild();
    answer(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toHaveLength(1);
  });

  it('that cannot read the table is told once', async () => {
    book.rebuild();
    reads[0]?.reject(new Error('the table is gone'));
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual(['the table is gone']);
    expect(copied).toEqual([]);
  });
});
