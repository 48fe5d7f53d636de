import type { RequestListener } from 'node:http';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { JwksUnavailable } from '../../../../lambdas/adapters/auth/issuer-document.ts';
import {
  BACKOFF_MS,
  FRESH_MS,
  IssuerKeys,
  type IssuerKeysOptions,
  OVERDUE_MS,
  REFRESH_WAIT_MS,
  STALE_MS,
  TABLE_COOLDOWN_MS,
  UNKNOWN_KID_COOLDOWN_MS,
} from '../../../../lambdas/adapters/auth/issuer-keys.ts';
import { type KeyRecord, KeyRecordStore } from '../../../../lambdas/adapters/auth/key-record-store.ts';
import { tableClient } from '../../../support/auth/authorizer.ts';
import { createKey, ISSUER, type TestKey } from '../../../support/auth/tokens.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { TestClock } from '../../../support/clock.ts';
import { closersOf } from '../../../support/closers.ts';
import { captureLines } from '../../../support/lines.ts';
import { serveHttp } from '../../../support/upstreams/upstream.ts';

const closers = closersOf();
let first: TestKey;
let second: TestKey;
let rsa: TestKey;
let eddsa: TestKey;
let clock: TestClock;
let captured: ReturnType<typeof captureLines>;

beforeAll(async () => {
  [first, second] = await Promise.all([createKey('first'), createKey('second')]);
  [rsa, eddsa] = await Promise.all([createKey('rsa', 'RS256'), createKey('eddsa', 'EdDSA')]);
});
beforeEach(() => {
  clock = new TestClock();
  captured = captureLines();
});
afterEach(() => captured.restore());

type Store = NonNullable<IssuerKeysOptions['store']>;

/** An issuer whose answer a test may change; `fetches` counts what was asked of it. */
async function issuer(initial: RequestListener) {
  const state = { answer: initial, fetches: 0 };
  const server = await serveHttp((request, response) => {
    state.fetches += 1;
    state.answer(request, response);
  });
  closers.push(() => server.stop().catch(() => undefined));
  /** Each is a new instance. */
  const instance = (store?: Store, changes: Partial<IssuerKeysOptions> = {}) =>
    new IssuerKeys({
      issuer: ISSUER,
      jwksUri: `${server.url}/jwks.json`,
      store,
      clock: clock.now,
      random: () => 0,
      ...changes,
    });
  return Object.assign(state, { instance, url: server.url, stop: server.stop });
}

function giving(...keys: unknown[]): RequestListener {
  return (_, response) => {
    response.end(JSON.stringify({ keys }));
  };
}

const DOWN: RequestListener = (_, response) => {
  response.writeHead(503).end();
};
const HANGING: RequestListener = () => undefined;

/** The subject of a token, or the error that looking its key up or checking its signature ended with. */
async function outcome(keys: IssuerKeys, key: TestKey, header: Record<string, unknown> = {}): Promise<unknown> {
  return jwtVerify(await key.sign({}, header), keys.keyFor).then(
    ({ payload }) => payload.sub,
    (error) => error,
  );
}

const noKey = expect.any(joseErrors.JWKSNoMatchingKey);
const outage = expect.objectContaining({ name: 'JwksUnavailable', code: 'jwks_unavailable' });

describe('the key of a token', () => {
  it('is the one that its kid names, of any algorithm', async () => {
    const { instance } = await issuer(giving(second.jwk, rsa.jwk, eddsa.jwk, first.jwk));
    const keys = instance();
    for (const key of [first, second, rsa, eddsa]) expect(await outcome(keys, key)).toBe('alice');
  });

  it('is not another one of the issuer: a wrong kid makes no valid signature', async () => {
    const { instance } = await issuer(giving(first.jwk, second.jwk));
    expect(await outcome(instance(), first, { kid: 'second' })).toBeInstanceOf(
      joseErrors.JWSSignatureVerificationFailed,
    );
  });

  it('without a kid is the only one that fits, or none', async () => {
    const { instance } = await issuer(giving(first.jwk, rsa.jwk));
    expect(await outcome(instance(), rsa, { kid: undefined })).toBe('alice');
    const ambiguous = await issuer(giving(first.jwk, second.jwk));
    expect(await outcome(ambiguous.instance(), first, { kid: undefined })).toBeInstanceOf(
      joseErrors.JWKSMultipleMatchingKeys,
    );
  });

  it.each([
    ['a number', 7],
    ['null', null],
    ['a list', ['first']],
    ['an object', { toString: 'first' }],
    ['longer than any', 'k'.repeat(257)],
  ])('whose kid is %s is nobody, and the issuer is not asked for it', async (_, kid) => {
    const { instance } = await issuer(giving(first.jwk));
    const asked = { read: vi.fn(async () => undefined), write: vi.fn(async () => undefined) };
    const keys = instance(asked);
    await outcome(keys, first);
    const header = { alg: 'ES256', kid: kid as string };
    const lookup = Promise.resolve(keys.keyFor(header, { payload: '', signature: '' }));
    await expect(lookup).rejects.toBeInstanceOf(joseErrors.JOSEError);
    expect(asked.read).toHaveBeenCalledTimes(1);
  });

  it.each(['../../etc/passwd', "' OR 1=1 --", '__proto__', 'constructor', 'first\u0000', ''])(
    'whose kid is %j is nobody',
    async (kid) => {
      const { instance } = await issuer(giving(first.jwk));
      expect(await outcome(instance(), first, { kid })).toEqual(noKey);
    },
  );

  it('that is off its curve, or no point at all, spoils its own tokens and no others', async () => {
    const broken = [
      { ...second.jwk, y: first.jwk.y },
      { ...eddsa.jwk, x: 'AA' },
    ];
    const { instance } = await issuer(giving(...broken, first.jwk));
    const keys = instance();
    for (const key of [second, eddsa]) expect(await outcome(keys, key)).toBeInstanceOf(joseErrors.JOSEError);
    expect(await outcome(keys, first)).toBe('alice');
  });

  it('is never a secret: neither one that the issuer gave nor a public key taken for one', async () => {
    const secret = Buffer.from('0123456789abcdef0123456789abcdef');
    const { instance } = await issuer(
      giving({ kty: 'oct', kid: 'shared', k: secret.toString('base64url') }, rsa.jwk, first.jwk),
    );
    const keys = instance();
    const publicKey = Buffer.from(JSON.stringify(rsa.jwk));
    for (const [kid, key] of [
      ['shared', secret],
      ['rsa', publicKey],
      [undefined, secret],
    ] as const) {
      const header = { alg: 'HS256', ...(kid && { kid }) };
      const token = await new SignJWT({ sub: 'mallory' }).setProtectedHeader(header).sign(key);
      await expect(jwtVerify(token, keys.keyFor)).rejects.toBeInstanceOf(joseErrors.JOSEError);
    }
  });
});

describe('asking the issuer', () => {
  it('happens once for all that come at once, also where its keys have to be discovered', async () => {
    const server = await issuer((request, response) => {
      const found = { issuer: server.url, jwks_uri: `${server.url}/keys` };
      response.end(JSON.stringify(request.url?.startsWith('/.well-known/') ? found : { keys: [first.jwk] }));
    });
    for (const keys of [server.instance(), server.instance(undefined, { issuer: server.url, jwksUri: null })]) {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(keys, first)));
      expect(outcomes.every((sub) => sub === 'alice')).toBe(true);
    }
    expect(server.fetches).toBe(1 + 2);
  });

  it('happens again when the keys are old, and not before', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, first);
    clock.advance(FRESH_MS - 1);
    await outcome(keys, first);
    expect(server.fetches).toBe(1);
    clock.advance(1);
    await outcome(keys, first);
    expect(server.fetches).toBe(2);
  });

  it('happens up to two minutes earlier by chance, so that instances do not ask all at once', async () => {
    const server = await issuer(giving(first.jwk));
    const early = server.instance(undefined, { random: () => 1 });
    await outcome(early, first);
    clock.advance(FRESH_MS - 120_000);
    await outcome(early, first);
    expect(server.fetches).toBe(2);
  });

  it('forgets a key that the issuer has withdrawn, and says so', async () => {
    const server = await issuer(giving(first.jwk, second.jwk));
    const onWithdrawn = vi.fn();
    const keys = server.instance(undefined, { onWithdrawn });
    expect(await outcome(keys, first)).toBe('alice');
    server.answer = giving(second.jwk);
    clock.advance(FRESH_MS);
    expect(await outcome(keys, first)).toEqual(noKey);
    expect(onWithdrawn).toHaveBeenCalledTimes(1);
  });

  it.each<[string, () => readonly unknown[], number]>([
    ['the same keys in another order', () => [{ ...second.jwk, x5c: ['MII'] }, first.jwk], 0],
    ['one more', () => [rsa.jwk, first.jwk, second.jwk], 0],
    ['another key under the same kid', () => [first.jwk, { ...second.jwk, x: first.jwk.x, y: first.jwk.y }], 1],
    ['other keys', () => [rsa.jwk], 1],
  ])('which gives %s withdraws what it left out', async (_, next, withdrawals) => {
    const server = await issuer(giving(first.jwk, second.jwk));
    const onWithdrawn = vi.fn();
    const keys = server.instance(undefined, { onWithdrawn });
    await outcome(keys, first);
    server.answer = giving(...next());
    clock.advance(FRESH_MS);
    await outcome(keys, first);
    expect(onWithdrawn).toHaveBeenCalledTimes(withdrawals);
  });
});

describe('a kid that nobody knows', () => {
  it('is asked for at once, also right after the start', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, first);
    server.answer = giving(first.jwk, second.jwk);
    expect(await outcome(keys, second)).toBe('alice');
    expect(server.fetches).toBe(2);
  });

  it('is asked for once however many tokens have it, and all of them wait', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, first);
    server.answer = giving(first.jwk, second.jwk);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(keys, second)));
    expect(outcomes.every((sub) => sub === 'alice')).toBe(true);
    expect(server.fetches).toBe(2);
  });

  it('makes the issuer answer junk no more often than the cooldown lets it', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, first);
    for (let round = 1; round <= 3; round += 1) {
      for (let token = 0; token < 10; token += 1) {
        expect(await outcome(keys, second, { kid: `junk-${round}-${token}` })).toEqual(noKey);
        clock.advance(UNKNOWN_KID_COOLDOWN_MS / 10);
      }
      expect(server.fetches).toBe(1 + round);
    }
  });

  it('does not cool down for a clock that steps back', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, second);
    server.answer = giving(first.jwk, second.jwk);
    clock.advance(-UNKNOWN_KID_COOLDOWN_MS);
    expect(await outcome(keys, second)).toBe('alice');
  });
});

describe('a clock that steps', () => {
  it.each([-FRESH_MS, -STALE_MS * 2, STALE_MS * 2])(
    'by %i ms makes keys old, and they are asked for again',
    async (step) => {
      const server = await issuer(giving(first.jwk));
      const keys = server.instance();
      await outcome(keys, first);
      server.answer = giving(second.jwk);
      clock.advance(step);
      expect(await outcome(keys, second)).toBe('alice');
      expect(server.fetches).toBe(2);
    },
  );

  it('back ends a pause after an outage', async () => {
    const server = await issuer(DOWN);
    const keys = server.instance();
    expect(await outcome(keys, first)).toEqual(outage);
    server.answer = giving(first.jwk);
    clock.advance(-BACKOFF_MS.last);
    expect(await outcome(keys, first)).toBe('alice');
  });
});

describe('an issuer that gives no keys', () => {
  it('shares one outage among all that come at once', async () => {
    const server = await issuer(DOWN);
    const keys = server.instance();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(keys, first)));
    expect(outcomes.every((error) => error instanceof JwksUnavailable)).toBe(true);
    expect(server.fetches).toBe(1);
  });

  it('is asked again after 5 s, and after twice as long each time, up to a minute', async () => {
    const server = await issuer(DOWN);
    const keys = server.instance();
    expect(await outcome(keys, first)).toEqual(outage);
    for (const pauseMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      const { fetches } = server;
      clock.advance(pauseMs - 1);
      expect(await outcome(keys, first)).toEqual(outage);
      expect(server.fetches).toBe(fetches);
      clock.advance(1);
      expect(await outcome(keys, first)).toEqual(outage);
      expect(server.fetches).toBe(fetches + 1);
    }
    server.answer = giving(first.jwk);
    clock.advance(BACKOFF_MS.last);
    expect(await outcome(keys, first)).toBe('alice');
  });

  it('begins with the shortest pause again after it gave some', async () => {
    const server = await issuer(DOWN);
    const keys = server.instance();
    await outcome(keys, first);
    clock.advance(BACKOFF_MS.first);
    await outcome(keys, first);
    server.answer = giving(first.jwk);
    clock.advance(BACKOFF_MS.last);
    await outcome(keys, first);
    server.answer = DOWN;
    clock.advance(FRESH_MS);
    await outcome(keys, first);
    const { fetches } = server;
    clock.advance(BACKOFF_MS.first);
    await outcome(keys, first);
    expect(server.fetches).toBe(fetches + 1);
  });

  it('is stood in for by its last keys, but not without end: a withdrawn key must not outlive an outage', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, first);
    server.answer = DOWN;
    clock.advance(STALE_MS - 1);
    expect(await outcome(keys, first)).toBe('alice');
    clock.advance(1);
    expect(await outcome(keys, first)).toEqual(outage);
  });

  it.each<[string, RequestListener]>([
    ['an empty set', giving()],
    ['junk', giving(null, {})],
    ['a page', (_, response) => response.end('<html>')],
  ])('since it answers with %s has withdrawn none', async (_, answer) => {
    const server = await issuer(giving(first.jwk));
    const onWithdrawn = vi.fn();
    const keys = server.instance(undefined, { onWithdrawn });
    await outcome(keys, first);
    server.answer = answer;
    clock.advance(FRESH_MS);
    expect(await outcome(keys, first)).toBe('alice');
    expect(onWithdrawn).not.toHaveBeenCalled();
  });

  it('makes no token invalid whose key it might have added: that is an outage at any time of it', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, second);
    server.answer = DOWN;
    clock.advance(FRESH_MS);
    await outcome(keys, first);
    for (let seconds = 0; seconds < 120; seconds += 1) {
      expect(await outcome(keys, second)).toEqual(outage);
      expect(await outcome(keys, first)).toBe('alice');
      clock.advance(1000);
    }
  });

  it('since it hangs keeps a request with old keys waiting 300 ms, and one without any until its time is over', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, first);
    const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let requests = 0;
    server.answer = () => asked[requests++]?.resolve();
    clock.advance(FRESH_MS);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closers.push(() => vi.useRealTimers());
    const old = outcome(keys, first);
    await asked[0].promise;
    vi.advanceTimersByTime(REFRESH_WAIT_MS);
    expect(await old).toBe('alice');

    const ended = vi.fn();
    const none = outcome(server.instance(), first).finally(ended);
    await asked[1].promise;
    vi.advanceTimersByTime(REFRESH_WAIT_MS);
    await new Promise(setImmediate);
    expect(ended).not.toHaveBeenCalled();
    vi.advanceTimersByTime(3000);
    expect(await none).toEqual(outage);
  });

  it('since it is slow is waited for to the end by keys that are an hour old', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance();
    await outcome(keys, first);
    const asked = Promise.withResolvers<() => void>();
    server.answer = (request, response) => asked.resolve(() => giving(second.jwk)(request, response));
    clock.advance(OVERDUE_MS);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closers.push(() => vi.useRealTimers());
    const waited = outcome(keys, first);
    const answer = await asked.promise;
    vi.advanceTimersByTime(REFRESH_WAIT_MS * 2);
    await new Promise(setImmediate);
    server.answer = giving(second.jwk);
    answer();
    expect(await waited).toEqual(noKey);
  });

  it('is noted without anything of a token', async () => {
    const server = await issuer(DOWN);
    await outcome(server.instance(), first);
    expect(captured.lines).toEqual([
      { message: 'no keys from the issuer', error: expect.stringContaining(`no keys of ${ISSUER}`) },
    ]);
  });
});

describe('the record that instances share', () => {
  let table: TestTable;
  beforeEach(async () => {
    table = await startTable();
  });
  afterEach(() => table.stop());

  function shared(): KeyRecordStore {
    return new KeyRecordStore(tableClient(table, Date.now), 'shop');
  }

  it('is left by the first and found by the others', async () => {
    const server = await issuer(giving(first.jwk));
    for (let start = 0; start < 5; start += 1) expect(await outcome(server.instance(shared()), first)).toBe('alice');
    expect(server.fetches).toBe(1);
    expect(await shared().read(ISSUER)).toMatchObject({ fetchedAtMs: clock.nowMs, unknownKidAtMs: 0 });
  });

  it('is written before the reply is out, since what is left under way freezes', async () => {
    const server = await issuer(giving(first.jwk));
    const [writing, written] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const store = {
      read: async () => undefined,
      write: () => {
        writing.resolve();
        return written.promise;
      },
    };
    const replied = vi.fn();
    const waited = outcome(server.instance(store), first).finally(replied);
    await writing.promise;
    await new Promise(setImmediate);
    expect(replied).not.toHaveBeenCalled();
    written.resolve();
    expect(await waited).toBe('alice');
  });

  it('from a clock far ahead brings no key', async () => {
    const server = await issuer(giving(first.jwk));
    const keys = server.instance(shared());
    await outcome(keys, first);
    const ahead = { keys: [second.jwk], fetchedAtMs: clock.nowMs + STALE_MS, unknownKidAtMs: 0 };
    await shared().write(ISSUER, ahead);
    expect(await outcome(keys, second)).toEqual(noKey);
    expect(await outcome(keys, first)).toBe('alice');
    expect(server.fetches).toBe(2);
  });

  it('made new by one serves the others when theirs is old', async () => {
    const server = await issuer(giving(first.jwk));
    const [one, other] = [server.instance(shared(), { random: () => 1 }), server.instance(shared())];
    await outcome(one, first);
    await outcome(other, first);
    clock.advance(FRESH_MS - 60_000);
    await outcome(one, first);
    expect(server.fetches).toBe(2);
    clock.advance(60_000);
    await outcome(other, first);
    expect(server.fetches).toBe(2);
  });

  it('tells of a rotation, and the issuer is not asked again', async () => {
    const server = await issuer(giving(first.jwk));
    const [one, other] = [server.instance(shared()), server.instance(shared())];
    await outcome(one, first);
    await outcome(other, first);
    clock.advance(1);
    server.answer = giving(first.jwk, second.jwk);
    expect(await outcome(one, second)).toBe('alice');
    expect(await outcome(other, second)).toBe('alice');
    expect(server.fetches).toBe(2);
  });

  it('tells of a withdrawal', async () => {
    const server = await issuer(giving(first.jwk, second.jwk));
    const onWithdrawn = vi.fn();
    const [one, other] = [server.instance(shared(), { random: () => 1 }), server.instance(shared(), { onWithdrawn })];
    await outcome(one, first);
    await outcome(other, first);
    server.answer = giving(second.jwk);
    clock.advance(FRESH_MS - 60_000);
    await outcome(one, second);
    clock.advance(60_000);
    expect(await outcome(other, first)).toEqual(noKey);
    expect(onWithdrawn).toHaveBeenCalledTimes(1);
  });

  it('shares the cooldown of unknown kids, too', async () => {
    const server = await issuer(giving(first.jwk));
    const instances = Array.from({ length: 5 }, () => server.instance(shared()));
    for (const keys of instances) await outcome(keys, first);
    for (const keys of instances) expect(await outcome(keys, second, { kid: 'junk' })).toEqual(noKey);
    expect(server.fetches).toBe(2);
    clock.advance(UNKNOWN_KID_COOLDOWN_MS);
    for (const keys of instances) await outcome(keys, second, { kid: 'junk' });
    expect(server.fetches).toBe(3);
  });

  it('is not looked at by each junk token', async () => {
    const server = await issuer(giving(first.jwk));
    const store = shared();
    const read = vi.spyOn(store, 'read');
    const keys = server.instance(store);
    await outcome(keys, first);
    for (let token = 0; token < 10; token += 1) await outcome(keys, second, { kid: `junk-${token}` });
    expect(read).toHaveBeenCalledTimes(2);
    clock.advance(TABLE_COOLDOWN_MS);
    await outcome(keys, second, { kid: 'junk' });
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('is not looked at by each request while the issuer is out', async () => {
    const server = await issuer(giving(first.jwk));
    const store = shared();
    const keys = server.instance(store);
    await outcome(keys, first);
    server.answer = DOWN;
    clock.advance(FRESH_MS);
    await outcome(keys, first);
    const read = vi.spyOn(store, 'read');
    for (let request = 0; request < 10; request += 1) expect(await outcome(keys, first)).toBe('alice');
    expect(read).not.toHaveBeenCalled();
  });

  it('starts an instance whose issuer is gone for up to 12 hours', async () => {
    const server = await issuer(giving(first.jwk));
    await outcome(server.instance(shared()), first);
    server.answer = DOWN;
    clock.advance(STALE_MS - 1);
    expect(await outcome(server.instance(shared()), first)).toBe('alice');
    clock.advance(1);
    expect(await outcome(server.instance(shared()), first)).toEqual(outage);
  });

  it('brings a key that another instance got while this one gets no answer', async () => {
    const server = await issuer(giving(first.jwk));
    const [cut, other] = [server.instance(shared()), server.instance(shared())];
    await outcome(cut, first);
    server.answer = DOWN;
    expect(await outcome(cut, second)).toEqual(outage);
    server.answer = giving(first.jwk, second.jwk);
    clock.advance(TABLE_COOLDOWN_MS);
    expect(await outcome(other, second)).toBe('alice');
    const { fetches } = server;
    expect(await outcome(cut, second)).toBe('alice');
    expect(server.fetches).toBe(fetches);
  });

  it.each<[string, (record: KeyRecord) => Record<string, unknown>]>([
    ['is no key set', () => ({ keys: 'junk' })],
    ['has no usable key', () => ({ keys: [{ kty: 'oct', k: 'AA' }] })],
    ['is from a clock far ahead', ({ keys, fetchedAtMs }) => ({ keys, fetchedAtMs: fetchedAtMs + STALE_MS })],
  ])('that %s is as good as none, and is replaced', async (_, damage) => {
    const server = await issuer(giving(first.jwk));
    await outcome(server.instance(shared()), first);
    const record = (await shared().read(ISSUER)) as KeyRecord;
    clock.advance(1);
    const ahead = { ...record, fetchedAtMs: clock.nowMs, ...damage(record) } as KeyRecord;
    await shared().write(ISSUER, ahead);
    clock.advance(1);
    expect(await outcome(server.instance(shared()), first)).toBe('alice');
    expect(server.fetches).toBe(2);
    expect(await shared().read(ISSUER)).toMatchObject({ fetchedAtMs: clock.nowMs });
  });

  it('is missed by nobody while the table is gone and the issuer answers', async () => {
    const server = await issuer(giving(first.jwk));
    await table.stop();
    const keys = server.instance(shared());
    expect(await outcome(keys, first)).toBe('alice');
    server.answer = giving(first.jwk, second.jwk);
    expect(await outcome(keys, second)).toBe('alice');
    expect(captured.lines).toContainEqual(expect.objectContaining({ message: 'keys not read from the table' }));
  });

  it('is not written where it could not be read: the first verdict would wait twice', async () => {
    const server = await issuer(giving(first.jwk));
    const written: unknown[] = [];
    const store: Store = {
      read: () => Promise.reject(new Error('the table is gone')),
      write: async (_, record) => void written.push(record),
    };
    expect(await outcome(server.instance(store), first)).toBe('alice');
    expect(written).toEqual([]);
    expect(await outcome(server.instance({ ...store, read: async () => undefined }), first)).toBe('alice');
    expect(written).toHaveLength(1);
  });

  it('is not written to a table that just gave no answer: that would be the same wait again', async () => {
    const server = await issuer(giving(first.jwk));
    const write = vi.fn(async () => undefined);
    const read = () => Promise.reject(new Error('the table is gone'));
    expect(await outcome(server.instance({ read, write }), first)).toBe('alice');
    expect(write).not.toHaveBeenCalled();
  });

  it('that cannot be had, nor the issuer, is an outage', async () => {
    const server = await issuer(DOWN);
    await table.stop();
    expect(await outcome(server.instance(shared()), first)).toEqual(outage);
  });

  it.each(['read', 'write'] as const)('whose %s hangs is waited for 300 ms, and the issuer is asked', async (call) => {
    const server = await issuer(giving(first.jwk));
    const hangs = Promise.withResolvers<void>();
    const store = {
      read: async () => undefined,
      write: async () => undefined,
      [call]: () => {
        hangs.resolve();
        return new Promise<never>(() => undefined);
      },
    } as Store;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closers.push(() => vi.useRealTimers());
    const waited = outcome(server.instance(store), first);
    await hangs.promise;
    vi.advanceTimersByTime(REFRESH_WAIT_MS);
    expect(await waited).toBe('alice');
  });
});

it('a request that hangs at the issuer leaves nothing unhandled when it fails later', async () => {
  const server = await issuer(giving(first.jwk));
  const keys = server.instance();
  await outcome(keys, first);
  server.answer = HANGING;
  clock.advance(FRESH_MS);
  expect(await outcome(keys, first)).toBe('alice');
  await server.stop();
  expect(await outcome(keys, first)).toBe('alice');
});
