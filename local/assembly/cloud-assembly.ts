import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode, UserError } from '../user-error.ts';
import { constructPaths, type MetadataEntry } from './construct-paths.ts';
import { nestedStacks } from './nested-stacks.ts';
import type { Stack, Template } from './stack.ts';

export interface CloudAssembly {
  readonly dir: string;
  /** Nested stacks included. */
  readonly stacks: readonly Stack[];
  /** Errors that constructs added with `Annotations.addError`: `cdk deploy` refuses such an assembly. */
  readonly errors: readonly string[];
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly dependencies?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, readonly MetadataEntry[]>>;
}

interface Manifest {
  readonly artifacts?: Readonly<Record<string, Artifact>>;
  readonly missing?: readonly { readonly key: string }[];
}

/** For a stack that is not bound to an account or a region. */
const ANY_ACCOUNT = '123456789012';
const ANY_REGION = 'us-east-1';

/** Reads all stacks of a cloud assembly, those of its stages and nested stacks included. */
export function readCloudAssembly(dir: string): CloudAssembly {
  const manifest = readManifest(dir);
  const [missing] = manifest.missing ?? [];
  if (missing) {
    throw new UserError(
      'context_missing',
      `${dir} lacks context that only AWS can provide (${missing.key}): run npx cdk synth`,
    );
  }
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const stages = artifacts
    .filter(([, artifact]) => artifact.type === 'cdk:cloud-assembly')
    .map(([, artifact]) => readCloudAssembly(join(dir, String(artifact.properties?.['directoryName']))));
  const assets = readAssets(dir, artifacts);
  const stacks = artifacts
    .filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack')
    .map(([id, artifact]) => readStack(dir, id, artifact, assets))
    .flatMap((stack) => [stack, ...nestedStacks(stack, (file) => readTemplate(dir, file))]);
  return {
    dir,
    stacks: [...stacks, ...stages.flatMap((stage) => stage.stacks)],
    errors: [
      ...artifacts.flatMap(([, artifact]) => annotatedErrors(dir, artifact)),
      ...stages.flatMap((s) => s.errors),
    ],
  };
}

function readManifest(dir: string): Manifest {
  try {
    return readJson(join(dir, 'manifest.json')) as Manifest;
  } catch (cause) {
    const why = systemCode(cause) === 'ENOENT' ? 'has no manifest.json' : 'has an unreadable manifest.json';
    throw new UserError('assembly_missing', `no cloud assembly in ${dir}: it ${why}`, { cause });
  }
}

function readStack(dir: string, id: string, artifact: Artifact, assets: ReadonlyMap<string, string>): Stack {
  const [account, region] = environmentOf(artifact);
  const template = readJson(join(dir, String(artifact.properties?.['templateFile']))) as Template;
  return {
    name: String(artifact.properties?.['stackName'] ?? id),
    account,
    region,
    template,
    paths: constructPaths(template, metadataOf(dir, artifact)),
    assets,
  };
}

/** `aws://account/region`, each possibly `unknown-…`. */
function environmentOf(artifact: Artifact): [string, string] {
  const [account, region] = (artifact.environment ?? '').replace('aws://', '').split('/');
  return [known(account) ?? ANY_ACCOUNT, known(region) ?? ANY_REGION];
}

function known(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value.startsWith('unknown-') ? undefined : value;
}

/** Newer CDK versions keep a stack's metadata in a file beside the manifest. */
function metadataOf(dir: string, artifact: Artifact): Readonly<Record<string, readonly MetadataEntry[]>> {
  const file = (artifact as { additionalMetadataFile?: string }).additionalMetadataFile;
  const beside = file && existsSync(join(dir, file)) ? (readJson(join(dir, file)) as Artifact['metadata']) : {};
  return { ...artifact.metadata, ...beside };
}

function annotatedErrors(dir: string, artifact: Artifact): readonly string[] {
  return Object.entries(metadataOf(dir, artifact)).flatMap(([path, entries]) =>
    entries.filter(({ type }) => type === 'aws:cdk:error').map(({ data }) => `${path}: ${String(data)}`),
  );
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

function readAssets(dir: string, artifacts: readonly [string, Artifact][]): ReadonlyMap<string, string> {
  const assets = new Map<string, string>();
  for (const [, artifact] of artifacts) {
    if (artifact.type !== 'cdk:asset-manifest') continue;
    const { files } = readJson(join(dir, String(artifact.properties?.['file']))) as AssetManifest;
    for (const { source, destinations } of Object.values(files ?? {})) {
      if (source.path === undefined) continue;
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(dir, source.path));
    }
  }
  return assets;
}

function readTemplate(dir: string, file: string): Template | undefined {
  const path = join(dir, file);
  return existsSync(path) ? (readJson(path) as Template) : undefined;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
