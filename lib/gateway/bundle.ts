import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const PROJECT_ROOT = resolve(import.meta.dirname, '../..');

/** A function by the folder of its entry under `lambdas/`. */
export type FunctionEntry = 'authorizer' | 'proxy' | 'circuit' | 'operator' | 'widget' | 'health';

/**
 * The bundle of a function: one ES module with everything in it, the AWS SDK too, so that what is deployed is what was
 * tested and no other version is loaded at a cold start.
 *
 * Not `NodejsFunction`: it starts esbuild through npx, which alone takes 0.6 s an entry. The staging of assets runs a bundling once for
 * all that ask for it with the same options, so the proxy functions share one asset.
 */
export function functionCode(entry: FunctionEntry): Code {
  return Code.fromAsset(join(PROJECT_ROOT, 'lambdas'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never started: `local` succeeds or throws. Both stand here because the options want an image, and because the
      // command is what tells one entry's bundling from another's.
      image: DockerImage.fromRegistry('scratch'),
      command: [entry],
      local: {
        tryBundle(outputDir) {
          bundle(entry, outputDir);
          return true;
        },
      },
    },
  });
}

function bundle(entry: FunctionEntry, outputDir: string): void {
  const { outputFiles } = buildSync({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: [`lambdas/${entry}/handler.ts`],
    // Where the files are said to lie, not where they go: the paths in the source map, and with them the hash of the
    // asset, do not depend on the output folder then.
    outfile: 'dist/index.mjs',
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'external',
    logLevel: 'warning',
    alias: ALIASES,
    // ioredis is CommonJS: in an ES module it finds `require` only if there is one.
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
  });
  mkdirSync(outputDir, { recursive: true });
  for (const file of outputFiles) writeFileSync(join(outputDir, basename(file.path)), file.contents);
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
  '@aws-sdk/credential-provider-node': join(PROJECT_ROOT, 'lambdas/adapters/environment-credentials.ts'),
};
