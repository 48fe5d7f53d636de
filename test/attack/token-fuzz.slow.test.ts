import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JwtVerifier } from '../../lambdas/authorizer/jwt-verifier.ts';
import { issuerConfig, jwtVerifier } from '../support/auth/authorizer.ts';
import { MUTATIONS, seededRandom } from '../support/auth/token-mutations.ts';
import { createKey, type TestKey } from '../support/auth/tokens.ts';
import { serveHttp, type TestServer } from '../support/upstreams/upstream.ts';

/** A million with TOLLGATE_FUZZ_TOKENS=1000000; many take a signature's time to refuse. */
const TOKENS = Number(process.env['TOLLGATE_FUZZ_TOKENS'] ?? 100_000);
const SEED = Number(process.env['TOLLGATE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** At once: signatures are verified beside the event loop. */
const BATCH = 64;

let issuer: TestServer;
let verifier: JwtVerifier;
let tokens: readonly string[];

beforeAll(async () => {
  const keys: TestKey[] = await Promise.all([createKey('es'), createKey('rs', 'RS256'), createKey('ed', 'EdDSA')]);
  issuer = await serveHttp((_, response) => response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })));
  verifier = jwtVerifier({ issuers: [issuerConfig({ jwksUri: issuer.url })], clock: Date.now });
  const claims = {
    email: 'alice@example.com',
    roles: ['user'],
    scope: 'read',
    exp: Math.floor(Date.now() / 1000) + 7200,
  };
  tokens = await Promise.all(
    keys.flatMap((key) => [key.sign(claims), key.sign({ ...claims, sub: 'bob', roles: ['admin'] })]),
  );
});

afterAll(() => issuer.stop());

it(`none of ${TOKENS} mutated tokens is accepted, and none makes the verifier fail (seed ${SEED})`, async () => {
  for (const token of tokens) expect(await verifier.verify(token, Date.now())).toMatchObject({ verdict: 'accepted' });
  const random = seededRandom(SEED);
  const mutations = Object.entries(MUTATIONS);
  const accepted: string[] = [];
  let tried = 0;
  while (tried < TOKENS) {
    const batch = Array.from({ length: BATCH }, (_, index) => {
      const [name, mutate] = mutations[(tried + index) % mutations.length] as (typeof mutations)[number];
      const place = Math.floor(random() * tokens.length);
      const [token = '', other = ''] = [tokens[place], tokens[place ^ 1]];
      return { name, token, mutant: mutate(token, random, other) };
    }).filter(({ token, mutant }) => mutant !== token);
    const found = await Promise.all(batch.map(({ mutant }) => verifier.verify(mutant, Date.now())));
    accepted.push(
      ...batch
        .filter((_, index) => found[index]?.verdict !== 'rejected')
        .map(({ name, mutant }) => `${name}: ${mutant}`),
    );
    tried += batch.length;
  }
  expect(accepted).toEqual([]);
}, 600_000);
