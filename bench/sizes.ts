import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import type { FunctionEntry } from '../lib/gateway/functions/bundle.ts';
import { type Bundles, bundle } from './bundles.ts';
import { type Cell, printTable } from './table.ts';

const FUNCTIONS: readonly FunctionEntry[] = ['authorizer', 'proxy', 'alarm', 'operator', 'widget', 'health'];
const CONTRIBUTORS = 8;

/** Bytes of each function's bundle, and whose code they are. */
export async function benchSizes({ files }: Bundles): Promise<void> {
  const rows = await Promise.all(FUNCTIONS.map((name) => sizeRow(name, files[name])));
  printTable('Bundle sizes, KB', ['function', 'raw', 'gzip'], rows);
  await printContributors();
}

async function printContributors(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-bench-sizes-'));
  try {
    for (const name of ['authorizer', 'proxy'] as const) {
      const outfile = join(dir, `${name}.mjs`);
      const metafile = await bundle({ file: `lambdas/${name}/handler.ts` }, outfile);
      const shares = contributors(metafile).slice(0, CONTRIBUTORS);
      printTable(`What is in the bundle of ${name}, KB`, ['package', 'minified'], shares);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Bytes of the authorizer's bundle beside those of handlers that do nothing but verify. */
export async function benchAuthorizerSizes({ files }: Bundles): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-bench-sizes-'));
  try {
    const rows = await Promise.all(
      YARDSTICKS.map(async ([name, source]): Promise<readonly Cell[]> => {
        const outfile = join(dir, `${source}.mjs`);
        await bundle({ file: `bench/cold-start/yardsticks/${source}` }, outfile);
        return sizeRow(name, outfile);
      }),
    );
    printTable('Authorizers, KB', ['', 'raw', 'gzip'], [await sizeRow('Tollgate', files.authorizer), ...rows]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const YARDSTICKS = [
  ['node:http and node:crypto by hand', 'jwks-by-hand.ts'],
  ['aws-jwt-verify', 'aws-jwt-verify.mjs'],
  ['jose with its remote key set', 'jose-remote.ts'],
  ['fast-jwt', 'fast-jwt.mjs'],
  ['jsonwebtoken', 'jsonwebtoken.mjs'],
] as const;

async function sizeRow(name: string, file: string): Promise<readonly Cell[]> {
  const code = await readFile(file);
  return [name, kilobytes(code.length), kilobytes(gzipSync(code).length)];
}

function contributors({ outputs }: Metafile): readonly (readonly [string, number])[] {
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "the project's own";
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...bytes].sort(([, left], [, right]) => right - left).map(([name, size]) => [name, kilobytes(size)] as const);
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 100) / 10;
}
