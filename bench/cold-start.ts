import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorizerEvent } from './authorizer-event.ts';
import { type Bundles, bundle } from './bundles.ts';
import { runOnce } from './child.ts';
import { forwardedEvent, type Stand } from './stand.ts';
import { median } from './statistics.ts';
import { printTable, progress } from './table.ts';

/** A fresh process of this row's script; `goalMs` over the empty process. */
interface Row {
  readonly name: string;
  readonly script: 'empty' | 'import' | 'first-answer';
  readonly variables: Readonly<Record<string, string>>;
  readonly goalMs?: number;
}

interface Sample {
  readonly ms: number;
  readonly initMs?: number;
  readonly cpuUs: { readonly user: number; readonly system: number };
  readonly answer?: { readonly isAuthorized?: boolean; readonly statusCode?: number; readonly context?: object };
}

const EMPTY: Row = { name: 'an empty process', script: 'empty', variables: {} };

const PACKAGES = {
  jose: "export { jwtVerify, decodeJwt, createLocalJWKSet } from 'jose'",
  '@middy/core': "export { default } from '@middy/core'",
  ioredis: "export { Redis, Cluster } from 'ioredis'",
  '@aws-sdk/client-dynamodb':
    "export { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'",
} as const;

/**
 * Time from the start of a process to a function's first answer; all rows once a round, so that all meet one machine.
 *
 * @param which the authorizer and what it is compared with, or everything
 */
export async function benchColdStart(
  stand: Stand,
  bundles: Bundles,
  rounds: number,
  which: 'authorizer' | 'all' = 'all',
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-bench-cold-'));
  try {
    const others = which === 'all' ? [...(await proxyRows(stand, bundles, dir)), ...(await packageRows(dir))] : [];
    const rows = [EMPTY, ...(await authorizerRows(stand, bundles, dir)), ...others];
    progress(`cold start: ${rows.length} rows, ${rounds} rounds …`);
    print(rows, await measure(rows, rounds), rounds);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function measure(rows: readonly Row[], rounds: number): Promise<ReadonlyMap<Row, readonly Sample[]>> {
  const samples = new Map<Row, Sample[]>(rows.map((row) => [row, []]));
  // The round before the first warms the servers and the machine's file cache.
  for (let round = -1; round < rounds; round += 1) {
    for (const [row, ofRow] of samples) {
      const sample = await runOnce(join(import.meta.dirname, 'cold-start', `${row.script}.mjs`), row.variables);
      check(row, sample as Sample);
      if (round >= 0) ofRow.push(sample as Sample);
    }
  }
  return samples;
}

/** A benchmark of failures would look fast. */
function check({ name, script }: Row, { answer }: Sample): void {
  if (script !== 'first-answer') return;
  const { isAuthorized, statusCode, context } = answer ?? {};
  const rejected = context !== undefined && 'error' in context;
  if ((isAuthorized === true && !rejected) || statusCode === 200) return;
  throw new Error(`${name} answered ${JSON.stringify(answer)}`);
}

function firstAnswer(name: string, variables: Row['variables'], goalMs?: number): Row {
  return { name, script: 'first-answer', variables, ...(goalMs !== undefined && { goalMs }) };
}

async function authorizerRows(stand: Stand, { files }: Bundles, dir: string): Promise<readonly Row[]> {
  const rs256 = { BENCH_EVENT: JSON.stringify(authorizerEvent(await stand.keys.RS256.sign())) };
  const es256 = { BENCH_EVENT: JSON.stringify(authorizerEvent(await stand.keys.ES256.sign())) };
  const bundle = { BENCH_BUNDLE: files.authorizer };
  const yardstick = async (file: string) => ({
    BENCH_BUNDLE: await bundled(dir, file, { file: `bench/cold-start/yardsticks/${file}` }),
    BENCH_JWKS_URL: stand.jwksUrl,
    ...rs256,
  });
  return [
    firstAnswer('authorizer, keys from the issuer, RS256', { ...stand.forgetfulAuthorizer, ...bundle, ...rs256 }, 35),
    firstAnswer('authorizer, keys from the issuer, ES256', { ...stand.forgetfulAuthorizer, ...bundle, ...es256 }, 35),
    firstAnswer('authorizer, keys from the table, RS256', { ...stand.authorizer, ...bundle, ...rs256 }, 35),
    firstAnswer(
      'authorizer, no table can be reached, RS256',
      { ...stand.tablelessAuthorizer, ...bundle, ...rs256 },
      35,
    ),
    firstAnswer('  yardstick: node:http and node:crypto by hand, RS256', await yardstick('jwks-by-hand.ts')),
    firstAnswer('  yardstick: aws-jwt-verify over node:http, RS256', await yardstick('aws-jwt-verify.mjs')),
    firstAnswer('  yardstick: jose with its remote key set, RS256', await yardstick('jose-remote.ts')),
    firstAnswer('  yardstick: fast-jwt over fetch, RS256', await yardstick('fast-jwt.mjs')),
    firstAnswer('  yardstick: jsonwebtoken over fetch, RS256', await yardstick('jsonwebtoken.mjs')),
  ];
}

async function proxyRows(stand: Stand, { files }: Bundles, dir: string): Promise<readonly Row[]> {
  const proxy = { ...stand.proxy, BENCH_EVENT: forwardedEvent() };
  const usual = await bundled(dir, 'usual-proxy', { file: 'bench/cold-start/yardsticks/usual-proxy.ts' });
  return [
    firstAnswer('proxy, first forwarded request', { ...proxy, BENCH_BUNDLE: files.proxy }, 130),
    firstAnswer('  yardstick: middy, ioredis, AWS SDK, fetch', { ...proxy, BENCH_BUNDLE: usual }),
  ];
}

async function packageRows(dir: string): Promise<readonly Row[]> {
  return Promise.all(
    Object.entries(PACKAGES).map(async ([name, code], index): Promise<Row> => {
      const file = await bundled(dir, `package-${index}`, { code });
      return { name: `import of ${name}`, script: 'import', variables: { BENCH_BUNDLE: file } };
    }),
  );
}

async function bundled(dir: string, name: string, source: { file: string } | { code: string }): Promise<string> {
  const file = join(dir, `${name}.mjs`);
  await bundle(source, file);
  return file;
}

function print(rows: readonly Row[], samples: ReadonlyMap<Row, readonly Sample[]>, rounds: number): void {
  const empty = samples.get(EMPTY) ?? [];
  /** The median of the rounds' differences to the empty process of the same round. */
  const added = (row: Row, value: (sample: Sample) => number) =>
    median((samples.get(row) ?? []).map((sample, round) => value(sample) - value(empty[round] ?? sample)));
  printTable(
    `Cold start: ms over an empty process (which takes ${median(empty.map(({ ms }) => ms)).toFixed(1)} ms), medians of ${rounds} fresh processes`,
    ['', 'until the answer', 'of it loading', 'CPU', 'goal'],
    rows
      .filter((row) => row !== EMPTY)
      .map((row) => [
        row.name,
        added(row, ({ ms }) => ms),
        added(row, ({ ms, initMs = ms }) => initMs),
        added(row, ({ cpuUs }) => (cpuUs.user + cpuUs.system) / 1000),
        row.goalMs ?? Number.NaN,
      ]),
  );
}
