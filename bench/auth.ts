import { join } from 'node:path';
import { allMaterial, DISTINCT, type Kind, type Material, TOKENS } from './auth/material.ts';
import type { Cost, Order } from './auth/worker.ts';
import { type Service, startService } from './child.ts';
import { median } from './statistics.ts';
import { type Cell, printTable, progress } from './table.ts';

/** Number of tokens that come repeatedly. */
const REPEATED = 100;
/** An API key takes so little that one pass is not measured well. */
const PASSES: Readonly<Partial<Record<Kind, number>>> = { 'API key': 5 };

interface Row {
  readonly name: string;
  readonly file: string;
  readonly sight: 'first' | 'repeated';
  readonly kinds: readonly Kind[];
  /** Looks at nothing but the signature or the secret. */
  readonly floor?: true;
}

const ROWS: readonly Row[] = [
  { name: 'floor: crypto.verify', file: 'floor.ts', sight: 'first', kinds: TOKENS, floor: true },
  { name: 'fast-jwt', file: 'fast-jwt.mjs', sight: 'first', kinds: TOKENS },
  { name: 'jsonwebtoken', file: 'jsonwebtoken.mjs', sight: 'first', kinds: ['RS256', 'ES256'] },
  { name: 'aws-jwt-verify', file: 'aws-jwt-verify.mjs', sight: 'first', kinds: TOKENS },
  { name: 'jose, local key set', file: 'jose.ts', sight: 'first', kinds: TOKENS },
  { name: "the article's way", file: 'article.ts', sight: 'first', kinds: TOKENS },
  { name: 'Tollgate, the verifier', file: 'tollgate.ts', sight: 'first', kinds: TOKENS },
  { name: 'Tollgate, the authorizer', file: 'tollgate-authorizer.ts', sight: 'first', kinds: TOKENS },
  { name: 'fast-jwt, its cache on', file: 'fast-jwt-cached.mjs', sight: 'repeated', kinds: TOKENS },
  { name: 'Tollgate, the authorizer', file: 'tollgate-authorizer.ts', sight: 'repeated', kinds: TOKENS },
  {
    name: 'floor: SHA-256 and a comparison',
    file: 'api-key-floor.ts',
    sight: 'first',
    kinds: ['API key'],
    floor: true,
  },
  { name: 'Tollgate, the authorizer', file: 'tollgate-api-key.ts', sight: 'first', kinds: ['API key'] },
  { name: 'Tollgate, the authorizer', file: 'tollgate-api-key.ts', sight: 'repeated', kinds: ['API key'] },
];

type Costs = ReadonlyMap<Row, ReadonlyMap<Kind, Cost[]>>;

/** CPU of one verification, beside the usual libraries; all rows in turn, round after round. */
export async function benchAuth(rounds: number): Promise<void> {
  progress('signing tokens …');
  const material = await allMaterial();
  const costs = new Map(ROWS.map((row) => [row, new Map(row.kinds.map((kind) => [kind, [] as Cost[]]))]));
  const services = new Map<Row, Service>();
  try {
    for (const row of ROWS) services.set(row, await startService(join(import.meta.dirname, 'auth', 'worker.ts'), {}));
    progress(`verifications: ${ROWS.length} rows, ${rounds} rounds …`);
    // The round before the first warms up.
    for (let round = -1; round < rounds; round += 1) {
      for (const [kind, of] of material) {
        for (const [row, service] of services) {
          const ofRow = costs.get(row)?.get(kind);
          if (ofRow === undefined) continue;
          const cost = (await service.ask(orderOf(row, kind, of))) as Cost;
          if (round >= 0) ofRow.push(cost);
        }
      }
    }
  } finally {
    await Promise.all([...services.values()].map((service) => service.stop()));
  }
  const title = `CPU us and its multiple of the floor, p50 us; medians of ${rounds} rounds of ${DISTINCT}`;
  print(`Verification of a token: ${title}`, costs, TOKENS);
  print(`Verification of an API key: ${title}`, costs, ['API key']);
}

function orderOf({ file, sight, floor }: Row, kind: Kind, { setup, good, forged, unfit }: Material): Order {
  const passes = PASSES[kind] ?? 1;
  return {
    kind,
    verifier: join(import.meta.dirname, 'auth', 'verifiers', file),
    setup,
    refused: floor ? forged : [...forged, ...unfit],
    ...(sight === 'first'
      ? { credentials: good, passes }
      : { credentials: good.slice(0, REPEATED), passes: (passes * DISTINCT) / REPEATED }),
  };
}

function print(title: string, costs: Costs, kinds: readonly Kind[]): void {
  const rows = ROWS.filter((row) => kinds.some((kind) => row.kinds.includes(kind)));
  const floorOf = (kind: Kind) =>
    costsOf(
      costs,
      rows.find(({ floor }) => floor),
      kind,
    );
  printTable(
    title,
    ['', 'sight', ...kinds.flatMap((kind) => [kind, 'x floor', 'p50'])],
    rows.map((row) => [
      row.name,
      row.sight,
      ...kinds.flatMap((kind) => cells(costsOf(costs, row, kind), floorOf(kind))),
    ]),
  );
}

function costsOf(costs: Costs, row: Row | undefined, kind: Kind): readonly Cost[] {
  return (row && costs.get(row)?.get(kind)) ?? [];
}

function cells(costs: readonly Cost[], floor: readonly Cost[]): readonly Cell[] {
  /** The median of the rounds' ratios. */
  const overFloor = median(costs.map(({ cpuUs }, round) => cpuUs / (floor[round]?.cpuUs ?? Number.NaN)));
  return [
    median(costs.map(({ cpuUs }) => cpuUs)),
    Number.isNaN(overFloor) ? '-' : overFloor.toFixed(2),
    median(costs.map(({ medianUs }) => medianUs)),
  ];
}
