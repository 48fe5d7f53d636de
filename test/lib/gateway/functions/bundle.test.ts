import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bundleOf, type FunctionEntry } from '../../../../lib/gateway/functions/bundle.ts';

describe('a bundle', () => {
  const { files } = bundleOf('health');
  const read = (name: string) => new TextDecoder().decode(files.get(name));

  it('is made once for all functions of an entry', () => {
    expect(bundleOf('health')).toBe(bundleOf('health'));
  });

  it('is one ES module that runs by itself', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tollgate-bundle-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    for (const [name, contents] of files) writeFileSync(join(dir, name), contents);
    const invoke = "const { handler } = await import('./index.mjs'); console.log(JSON.stringify(await handler()))";
    const options = { cwd: dir, encoding: 'utf8' } as const;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', invoke], options);
    expect(JSON.parse(printed)).toMatchObject({ statusCode: 200 });
  });

  it('is minified, has a source map, and can require what is CommonJS', () => {
    const code = read('index.mjs');
    expect(code).toMatch(/^import \{ createRequire \} from 'node:module';/);
    expect(code).toContain('sourceMappingURL=index.mjs.map');
    expect(code.split('\n').length).toBeLessThan(10);
  });

  it('has no path of the machine in it, which would make it another one elsewhere', () => {
    const { sources } = JSON.parse(read('index.mjs.map')) as { sources: string[] };
    expect(sources).toContain('../lambdas/health/handler.ts');
    for (const source of sources) expect(source).toMatch(/^\.\.\/(lambdas|node_modules)\//);
  });
});

describe('the AWS SDK', () => {
  const packagesOf = (entry: FunctionEntry) => {
    const { sources } = JSON.parse(new TextDecoder().decode(bundleOf(entry).files.get('index.mjs.map')));
    return new Set(
      (sources as string[]).flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []),
    );
  };

  it.each<FunctionEntry>(['authorizer', 'proxy'])(
    'lends its signer to the %s, whose cold start its client would make longer',
    (entry) => {
      const packages = packagesOf(entry);
      expect(packages).toContain('@smithy/signature-v4');
      expect([...packages].filter((name) => name.startsWith('@aws-sdk/'))).toEqual([]);
    },
  );

  it.each<FunctionEntry>(['alarm', 'operator', 'widget'])('is the client of the %s function', (entry) => {
    expect(packagesOf(entry)).toContain('@aws-sdk/client-dynamodb');
  });
});
