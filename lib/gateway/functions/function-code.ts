import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type FileAssetLocation, FileAssetPackaging, Lazy, Names, Stack, Stage } from 'aws-cdk-lib';
import { type CfnFunction, Code, type CodeConfig, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ASSET_RESOURCE_METADATA_ENABLED_CONTEXT } from 'aws-cdk-lib/cx-api';
import { type Bundle, bundleOf, type FunctionEntry } from './bundle.ts';

/** Contents by the name of the file. */
type Files = ReadonlyMap<string, string>;

const NOTHING: Bundle = { files: new Map(), hash: 'nothing' };

/**
 * A function's code: the bundle of its entry, and the function's documents beside it. CDK's own assets are made with the
 * construct, and a document is complete at synthesis only. So this one is made by `stage`.
 */
export class FunctionCode extends Code {
  readonly isInline = false;
  readonly #entry: FunctionEntry;
  #location: FileAssetLocation | undefined;

  constructor(entry: FunctionEntry) {
    super();
    this.#entry = entry;
  }

  bind(): CodeConfig {
    return {
      s3Location: {
        bucketName: Lazy.string({ produce: () => this.#location?.bucketName }),
        objectKey: Lazy.string({ produce: () => this.#location?.objectKey }),
      },
    };
  }

  /** Writes the asset of this function and registers it with the stack, which must not be rendered yet. */
  stage(fn: LambdaFunction, documents: Files): void {
    const stack = Stack.of(fn);
    const stage = Stage.of(fn);
    if (stage === undefined)
      throw new Error(`${fn.node.path} must be in an app, got none: create it in a stack of one`);
    // `cdk ls`, and stacks that the command line leaves out: nothing of them is deployed.
    const bundle = stack.bundlingRequired ? bundleOf(this.#entry) : NOTHING;
    const hash = hashOf(bundle, documents);
    const path = relative(stage.outdir, writeAsset(stage.assetOutdir, hash, bundle, documents));
    this.#location = stack.synthesizer.addFileAsset({
      packaging: FileAssetPackaging.ZIP_DIRECTORY,
      sourceHash: hash,
      fileName: path,
      displayName: `${Names.stackRelativeConstructPath(fn)}/Code`,
    });
    // Where tools that run functions locally look for the code, as with CDK's own assets.
    if (!fn.node.tryGetContext(ASSET_RESOURCE_METADATA_ENABLED_CONTEXT)) return;
    const resource = fn.node.defaultChild as CfnFunction;
    resource.addMetadata('aws:asset:path', path);
    resource.addMetadata('aws:asset:is-bundled', true);
    resource.addMetadata('aws:asset:property', 'Code');
  }
}

/** A function is deployed again when this changes: with its bundle or a document, and with nothing else. */
function hashOf(bundle: Bundle, documents: Files): string {
  if (documents.size === 0) return bundle.hash;
  return createHash('sha256')
    .update(JSON.stringify([bundle.hash, ...documents]))
    .digest('hex');
}

/** The bundle's files are links to one copy: an app with 74 services would write 90 MB of them otherwise. */
function writeAsset(outdir: string, hash: string, bundle: Bundle, documents: Files): string {
  const bundleDir = writeDir(outdir, bundle.hash, (dir) => writeFiles(dir, bundle.files));
  return writeDir(outdir, hash, (dir) => {
    linkFiles(bundleDir, bundle, dir);
    writeFiles(dir, documents);
  });
}

/**
 * The archive keeps the modes of files. Lambda runs code as a user of its own, and that user must be able to read it.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-package.html
 */
function writeFiles(dir: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  for (const [name, contents] of files) {
    const path = join(dir, name);
    writeFileSync(path, contents);
    chmodSync(path, 0o644);
  }
}

/** A directory that is named by its contents; it appears at once and whole. */
function writeDir(outdir: string, hash: string, fill: (dir: string) => void): string {
  const dir = join(outdir, `asset.${hash}`);
  if (existsSync(dir)) return dir;
  const draft = `${dir}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  fill(draft);
  renameSync(draft, dir);
  return dir;
}

function linkFiles(from: string, { files }: Bundle, to: string): void {
  for (const name of files.keys()) {
    try {
      linkSync(join(from, name), join(to, name));
    } catch {
      // Some file systems have no links.
      copyFileSync(join(from, name), join(to, name));
    }
  }
}
