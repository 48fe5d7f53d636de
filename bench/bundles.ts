import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build, type Metafile } from 'esbuild';
import { type DocumentName, documentFile } from '../lambdas/contract/documents.ts';
import { Env } from '../lambdas/contract/environment.ts';
import { BUNDLE_OPTIONS, type FunctionEntry } from '../lib/gateway/functions/bundle.ts';

export const ROOT = join(import.meta.dirname, '..');

export interface Bundles {
  /** Path of the file that Lambda would load. */
  readonly files: Readonly<Record<FunctionEntry, string>>;
  remove(): Promise<void>;
}

/** The bundles as they would be deployed: those of the synthesized app. */
export async function synthesizedBundles(): Promise<Bundles> {
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-bench-assembly-'));
  await synthesize(dir);
  const names = (await readdir(dir)).filter((name) => name.endsWith('.template.json'));
  const templates = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(dir, name), 'utf8'))));
  const files: Partial<Record<FunctionEntry, string>> = {};
  for (const { Type, Properties, Metadata } of templates.flatMap(({ Resources }): Resource[] =>
    Object.values(Resources),
  )) {
    if (Type !== 'AWS::Lambda::Function' || Metadata?.['aws:asset:path'] === undefined) continue;
    const [module] = Properties.Handler.split('.');
    const asset = join(dir, Metadata['aws:asset:path']);
    files[nameOf(await readdir(asset), Properties.Environment?.Variables ?? {})] = join(asset, `${module}.mjs`);
  }
  const { authorizer, proxy, alarm, operator, widget, health } = files;
  if (!authorizer || !proxy || !alarm || !operator || !widget || !health)
    throw new Error(`the app lacks a function: ${Object.keys(files)}`);
  return {
    files: { authorizer, proxy, alarm, operator, widget, health },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

async function synthesize(dir: string): Promise<void> {
  const cdk = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const child = spawn(process.execPath, [cdk, 'synth', '--quiet', '-o', dir], {
    cwd: ROOT,
    env: { ...process.env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (child.exitCode !== 0) throw new Error(`the app does not synthesize\n${said}`);
}

/** A resource of a template, as far as it is read for functions. */
interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Handler: string;
    readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
  };
  readonly Metadata?: { readonly 'aws:asset:path'?: string };
}

/** A function's kind follows from its documents. */
function nameOf(files: readonly string[], environment: Readonly<Record<string, unknown>>): FunctionEntry {
  const has = (name: DocumentName) => files.includes(documentFile(name));
  if (has('authorizer')) return 'authorizer';
  if (has('service')) return 'proxy';
  if (has('operator')) return 'operator';
  if (Env.operatorFunction in environment) return 'widget';
  return has('circuits') ? 'alarm' : 'health';
}

/** Bundles one file, or one line of source, into `outfile`. */
export async function bundle(source: { file: string } | { code: string }, outfile: string): Promise<Metafile> {
  const entry =
    'file' in source ? { entryPoints: [source.file] } : { stdin: { contents: source.code, resolveDir: ROOT } };
  const { metafile } = await build({ ...BUNDLE_OPTIONS, ...entry, outfile, legalComments: 'none', metafile: true });
  return metafile;
}
