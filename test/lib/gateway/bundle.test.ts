import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FunctionEntry, functionCode } from '../../../lib/gateway/bundle.ts';
import '../support/stacks.ts';

const root = mkdtempSync(join(tmpdir(), 'tollgate-bundle-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Folders of the assets that functions of these entries are deployed from. */
function bundles(name: string, entries: readonly FunctionEntry[]): string[] {
  const outdir = join(root, name);
  const stack = new Stack(new App({ outdir, autoSynth: false }), 'Stack');
  for (const [index, entry] of entries.entries()) {
    new LambdaFunction(stack, `F${index}`, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: functionCode(entry),
    });
  }
  return readdirSync(outdir)
    .filter((file) => file.startsWith('asset.'))
    .map((file) => join(outdir, file));
}

describe('a bundle', () => {
  let health: string;
  beforeAll(() => {
    [health = ''] = bundles('health', ['health']);
  });

  it('is made once for all functions of an entry', () => {
    expect(bundles('shared', ['health', 'health', 'health'])).toHaveLength(1);
  });

  it('is one ES module that runs by itself', () => {
    const invoke = "const { handler } = await import('./index.mjs'); console.log(JSON.stringify(await handler()))";
    const options = { cwd: health, encoding: 'utf8' } as const;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', invoke], options);
    expect(JSON.parse(printed)).toMatchObject({ statusCode: 200 });
  });

  it('is minified, has a source map, and can require what is CommonJS', () => {
    const code = readFileSync(join(health, 'index.mjs'), 'utf8');
    expect(code).toMatch(/^import \{ createRequire \} from 'node:module';/);
    expect(code).toContain('sourceMappingURL=index.mjs.map');
    expect(code.split('\n').length).toBeLessThan(10);
  });

  it('is the same asset wherever it is written to: no path of the machine is in it', () => {
    const [again = ''] = bundles('another/place', ['health']);
    expect(again.split('/').at(-1)).toBe(health.split('/').at(-1));
    const { sources } = JSON.parse(readFileSync(join(health, 'index.mjs.map'), 'utf8')) as { sources: string[] };
    expect(sources).toContain('../lambdas/health/handler.ts');
    for (const source of sources) expect(source).toMatch(/^\.\.\/(lambdas|node_modules)\//);
  });
});
