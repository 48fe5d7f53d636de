import { join } from 'node:path';
import type { Algorithm } from '../lambdas/contract/authorizer-config.ts';
import { createKey, type TestKey } from '../test/support/tokens.ts';
import type { Setup } from './auth/verifier.ts';
import type { Cost, Order } from './auth/worker.ts';
import { type Service, startService } from './child.ts';
import { AUDIENCE, ISSUER } from './stand.ts';
import { median } from './statistics.ts';
import { printTable, progress } from './table.ts';

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const satisfies readonly Algorithm[];
/** More than any of the caches holds, so that none still knows a token when it comes again. */
const DISTINCT = 3000;
/** Of those that come again and again. */
const REPEATED = 100;

interface Row {
  readonly name: string;
  readonly file: string;
  readonly sight: 'first' | 'repeated';
  /** Left out for an algorithm that it does not know. */
  readonly without?: Algorithm;
}

const FLOOR: Row = { name: 'floor: crypto.verify', file: 'floor.ts', sight: 'first' };
const ROWS: readonly Row[] = [
  FLOOR,
  { name: 'fast-jwt', file: 'fast-jwt.mjs', sight: 'first' },
  { name: 'jsonwebtoken', file: 'jsonwebtoken.mjs', sight: 'first', without: 'EdDSA' },
  { name: 'aws-jwt-verify', file: 'aws-jwt-verify.mjs', sight: 'first' },
  { name: 'jose, local key set', file: 'jose.ts', sight: 'first' },
  { name: "the article's way", file: 'article.ts', sight: 'first' },
  { name: 'Tollgate, the verifier', file: 'tollgate.ts', sight: 'first' },
  { name: 'Tollgate, the authorizer', file: 'tollgate-authorizer.ts', sight: 'first' },
  { name: 'fast-jwt, its cache on', file: 'fast-jwt-cached.mjs', sight: 'repeated' },
  { name: 'Tollgate, the authorizer', file: 'tollgate-authorizer.ts', sight: 'repeated' },
];

interface Material {
  readonly setup: Setup;
  readonly distinct: readonly string[];
  readonly broken: string;
}

/** CPU of one verification, beside the usual libraries; all rows in turn, round after round. */
export async function benchAuth(rounds: number): Promise<void> {
  progress('signing tokens …');
  const material = new Map(await Promise.all(ALGORITHMS.map(async (name) => [name, await materialOf(name)] as const)));
  const services = new Map<Row, Service>();
  const costs = new Map<string, Cost[]>();
  try {
    for (const row of ROWS) services.set(row, await startService(join(import.meta.dirname, 'auth', 'worker.ts'), {}));
    progress(`verifications: ${ROWS.length} rows of ${ALGORITHMS.length} algorithms, ${rounds} rounds …`);
    // The round before the first warms up.
    for (let round = -1; round < rounds; round += 1) {
      for (const [algorithm, of] of material) {
        for (const [row, service] of services) {
          if (row.without === algorithm) continue;
          const cost = (await service.ask(orderOf(row, of))) as Cost;
          if (round >= 0) costs.set(keyOf(row, algorithm), [...(costs.get(keyOf(row, algorithm)) ?? []), cost]);
        }
      }
    }
  } finally {
    await Promise.all([...services.values()].map((service) => service.stop()));
  }
  print(costs, rounds);
}

async function materialOf(algorithm: Algorithm): Promise<Material> {
  const key = await createKey(algorithm, algorithm);
  const distinct = await signed(key, DISTINCT);
  const setup = { algorithm, jwk: key.jwk, issuer: ISSUER, audience: AUDIENCE };
  return { setup, distinct, broken: brokenOf(distinct[0] ?? '') };
}

function signed(key: TestKey, count: number): Promise<readonly string[]> {
  const claims = { email: 'alice@example.com', roles: ['user'], scope: 'orders:read orders:write', tenant: 'acme' };
  return Promise.all(Array.from({ length: count }, (_, index) => key.sign({ ...claims, sub: `user-${index}` })));
}

/** Another subject under the same signature. */
function brokenOf(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url')}.${signature}`;
}

function orderOf({ file, sight }: Row, { setup, distinct, broken }: Material): Order {
  const verifier = join(import.meta.dirname, 'auth', 'verifiers', file);
  const common = { verifier, setup, broken };
  return sight === 'first'
    ? { ...common, tokens: distinct, passes: 1 }
    : { ...common, tokens: distinct.slice(0, REPEATED), passes: DISTINCT / REPEATED };
}

function keyOf({ name, sight }: Row, algorithm: Algorithm): string {
  return `${name}/${sight}/${algorithm}`;
}

function print(costs: ReadonlyMap<string, readonly Cost[]>, rounds: number): void {
  const of = (row: Row, algorithm: Algorithm, value: (cost: Cost) => number) =>
    median((costs.get(keyOf(row, algorithm)) ?? []).map(value));
  /** The median of the rounds' ratios. */
  const overFloor = (row: Row, algorithm: Algorithm) =>
    median(
      (costs.get(keyOf(row, algorithm)) ?? []).map(
        ({ cpuUs }, round) => cpuUs / (costs.get(keyOf(FLOOR, algorithm))?.[round]?.cpuUs ?? Number.NaN),
      ),
    );
  printTable(
    `A verification, CPU us and its multiple of the floor, p50 us; medians of ${rounds} rounds of ${DISTINCT} tokens`,
    ['', 'sight', ...ALGORITHMS.flatMap((name) => [name, 'x floor', 'p50'])],
    ROWS.map((row) => [
      row.name,
      row.sight,
      ...ALGORITHMS.flatMap((algorithm) => [
        of(row, algorithm, ({ cpuUs }) => cpuUs),
        overFloor(row, algorithm).toFixed(2),
        of(row, algorithm, ({ medianUs }) => medianUs),
      ]),
    ]),
  );
}
