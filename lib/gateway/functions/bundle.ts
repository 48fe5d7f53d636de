import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

const PROJECT_ROOT = resolve(import.meta.dirname, '../../..');

/** A function by the folder of its entry under `lambdas/`. */
export type FunctionEntry = 'authorizer' | 'proxy' | 'alarm' | 'operator' | 'widget' | 'health';

export interface Bundle {
  /** Contents by the name of the file. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Hash of the names and contents. */
  readonly hash: string;
}

const made = new Map<FunctionEntry, Bundle>();

/**
 * The bundle of a function: one ES module with everything in it, the AWS SDK too, so that what is deployed is what was
 * tested and no other version is loaded at a cold start. It is made once a process.
 *
 * Not `NodejsFunction`: it starts esbuild through npx, which alone takes 0.6 s an entry.
 */
export function bundleOf(entry: FunctionEntry): Bundle {
  const bundle = made.get(entry) ?? createBundle(entry);
  made.set(entry, bundle);
  return bundle;
}

function createBundle(entry: FunctionEntry): Bundle {
  const { outputFiles } = buildSync({
    ...BUNDLE_OPTIONS,
    entryPoints: [`lambdas/${entry}/handler.ts`],
    // Where the files are said to lie, not where they go: the paths in the source map, and with them the hash of the
    // asset, do not depend on the output folder then.
    outfile: 'dist/index.mjs',
    write: false,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'external',
  });
  const hash = createHash('sha256');
  for (const { path, contents } of outputFiles) hash.update(basename(path)).update(contents);
  return {
    files: new Map(outputFiles.map(({ path, contents }) => [basename(path), contents])),
    hash: hash.digest('hex'),
  };
}

/** See the files for what these modules themselves would cost a cold start. */
const ALIASES = {
  ...Object.fromEntries(
    ['http', 'https'].flatMap((name) => {
      const file = join(PROJECT_ROOT, `lambdas/adapters/builtin/${name}.cjs`);
      return [
        [name, file],
        [`node:${name}`, file],
      ];
    }),
  ),
  '@aws-sdk/credential-provider-node': join(PROJECT_ROOT, 'lambdas/adapters/table/environment-credentials.ts'),
};

/** Shared with the benchmarks, which bundle other code for comparison. */
export const BUNDLE_OPTIONS = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: 'warning',
  alias: ALIASES,
  // ioredis is CommonJS: in an ES module it finds `require` only if there is one.
  banner: {
    js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
  },
} satisfies BuildOptions;
