import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JwtVerifier } from '../../lambdas/authorizer/jwt-verifier.ts';
import { issuerConfig, jwtVerifier } from '../support/auth/authorizer.ts';
import { createKey, type TestKey } from '../support/auth/tokens.ts';
import { startTable, type TestTable } from '../support/aws/dynamodb.ts';
import { TestClock } from '../support/clock.ts';
import { captureLines } from '../support/lines.ts';
import { serveHttp, type TestServer } from '../support/upstreams/upstream.ts';

const MINUTE_MS = 60_000;

let table: TestTable;
let issuer: TestServer & { fetches: number };
let key: TestKey;
let clock: TestClock;
let output: ReturnType<typeof captureLines>;

beforeEach(async () => {
  output = captureLines();
  [table, key] = await Promise.all([startTable(), createKey('now')]);
  clock = new TestClock(Date.now());
  const fetched = { fetches: 0 };
  const server = await serveHttp((_, response) => {
    issuer.fetches += 1;
    response.end(JSON.stringify({ keys: [key.jwk] }));
  });
  issuer = Object.assign(server, fetched);
});

afterEach(() => {
  output.restore();
  return Promise.all([table.stop(), issuer.stop().catch(() => undefined)]);
});

/** A new instance of the authorizer: it remembers nothing. */
function instance(shared: TestTable | undefined = table): JwtVerifier {
  const config = issuerConfig({ jwksUri: issuer.url });
  return jwtVerifier({ issuers: [config], clock: clock.now, ...(shared && { table: shared }) });
}

function token(claims: Record<string, unknown> = {}, signer = key): Promise<string> {
  return signer.sign({ exp: Math.floor(clock.nowMs / 1000) + 24 * 3600, ...claims });
}

describe('an issuer that is gone for an hour', () => {
  it('is missed by no good token, in instances that run and in those that start', async () => {
    const running = instance();
    expect(await running.verify(await token(), clock.nowMs)).toMatchObject({ verdict: 'accepted' });
    await issuer.stop();
    for (let minute = 1; minute <= 60; minute += 1) {
      clock.advance(MINUTE_MS);
      const good = await token({ sub: `user-${minute}` });
      for (const verifier of [running, instance()]) {
        expect(await verifier.verify(good, clock.nowMs)).toMatchObject({
          verdict: 'accepted',
          verified: { sub: `user-${minute}` },
        });
      }
    }
  });

  it('makes of a key that nobody knows a fault, which is not kept, and of a bad signature what it is', async () => {
    const running = instance();
    await running.verify(await token(), clock.nowMs);
    await issuer.stop();
    const rotated = await createKey('next');
    const stranger = await createKey('now');
    for (let minute = 1; minute <= 60; minute += 1) {
      clock.advance(MINUTE_MS);
      const fresh = await token({}, rotated);
      await expect(running.verify(fresh, clock.nowMs)).rejects.toMatchObject({ code: 'jwks_unavailable' });
      expect(await running.verify(await token({}, stranger), clock.nowMs)).toMatchObject({ verdict: 'rejected' });
    }
  });

  it('makes of every token a fault where nobody has ever seen its keys, and is believed as soon as it is back', async () => {
    const { port } = issuer;
    await issuer.stop();
    const running = instance();
    const good = await token();
    await expect(running.verify(good, clock.nowMs)).rejects.toMatchObject({ code: 'jwks_unavailable' });
    const back = await serveHttp((_, response) => response.end(JSON.stringify({ keys: [key.jwk] })), port);
    clock.advance(MINUTE_MS);
    expect(await running.verify(good, clock.nowMs)).toMatchObject({ verdict: 'accepted' });
    await back.stop();
  });
});

it('an outage is over for all instances when one of them is answered again', async () => {
  const running = instance();
  await running.verify(await token(), clock.nowMs);
  const { port } = issuer;
  await issuer.stop();
  clock.advance(11 * MINUTE_MS);
  const stranger = await createKey('nobody');
  await expect(running.verify(await token({}, stranger), clock.nowMs)).rejects.toMatchObject({
    code: 'jwks_unavailable',
  });
  const back = await serveHttp((_, response) => response.end(JSON.stringify({ keys: [key.jwk] })), port);
  clock.advance(10_000);
  expect(await instance().verify(await token({}, stranger), clock.nowMs)).toMatchObject({ verdict: 'rejected' });
  for (let look = 0; look < 3; look += 1) {
    clock.advance(look * 500);
    if (look === 0) clock.advance(3000);
    expect(await running.verify(await token({}, stranger), clock.nowMs)).toMatchObject({ verdict: 'rejected' });
  }
  await back.stop();
});

it('the table that is gone as well costs instances that run nothing', async () => {
  const running = instance();
  await running.verify(await token(), clock.nowMs);
  await Promise.all([issuer.stop(), table.stop()]);
  clock.advance(60 * MINUTE_MS);
  expect(await running.verify(await token(), clock.nowMs)).toMatchObject({ verdict: 'accepted' });
});

it('instances that start at once ask the issuer once each at most, those that start later not at all', async () => {
  const good = await token();
  await Promise.all(Array.from({ length: 5 }, () => instance().verify(good, clock.nowMs)));
  const { fetches } = issuer;
  expect(fetches).toBeLessThanOrEqual(5);
  for (let started = 0; started < 20; started += 1) await instance().verify(good, clock.nowMs);
  expect(issuer.fetches).toBe(fetches);
});
