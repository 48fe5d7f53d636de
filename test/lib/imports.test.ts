import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROJECT_ROOT = join(import.meta.dirname, '../..');

const REFUSED = [
  ['lambdas/contract/a.ts', '../proxy/pipeline.ts'],
  ['lambdas/core/a.ts', '../health/handler.ts'],
  ['lambdas/core/b.ts', '../adapters/log.ts'],
  ['lambdas/adapters/a.ts', '../alarm/trip.ts'],
  ['lambdas/proxy/a.ts', '../authorizer/verify.ts'],
  ['lambdas/proxy/b.ts', '../../lib/invalid-prop.ts'],
  ['lambdas/authorizer/a.ts', '../proxy/answers.ts'],
  ['lambdas/alarm/a.ts', '../health/handler.ts'],
  ['lambdas/operator/a.ts', '../alarm/trip.ts'],
  ['lambdas/proxy/d.ts', '../operator/operate.ts'],
  ['lambdas/health/a.ts', '../alarm/trip.ts'],
  ['lib/gateway/a.ts', '../../lambdas/core/circuit/circuit.ts'],
  ['lib/gateway/b.ts', '../../lambdas/health/handler.ts'],
  ['lib/gateway/d.ts', '../../lambdas/operator/handler.ts'],
  ['local/http/a.ts', '../../lambdas/alarm/trip.ts'],
  ['local/http/b.ts', '../../lambdas/health/handler.ts'],
  ['local/http/c.ts', '../../lib/app.ts'],
] as const;

const ALLOWED = [
  ['lambdas/core/c.ts', '../contract/scope.ts'],
  ['lambdas/adapters/b.ts', '../core/circuit.ts'],
  ['lambdas/proxy/c.ts', '../adapters/circuit-store.ts'],
  ['lambdas/alarm/b.ts', './trip.ts'],
  ['lib/gateway/c.ts', '../../lambdas/contract/auth/scope.ts'],
  ['local/http/d.ts', '../../lambdas/contract/policy.ts'],
] as const;

const dir = mkdtempSync(join(tmpdir(), 'tollgate-imports-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the linter', () => {
  let refused: ReadonlySet<string>;
  beforeAll(() => {
    for (const file of ['biome.json', '.gitignore']) copyFileSync(join(PROJECT_ROOT, file), join(dir, file));
    for (const [file, imported] of [...REFUSED, ...ALLOWED]) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      writeFileSync(join(dir, file), `export * from '${imported}';\n`);
    }
    const { stdout } = spawnSync(
      join(PROJECT_ROOT, 'node_modules/.bin/biome'),
      ['lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=none'],
      { cwd: dir, encoding: 'utf8' },
    );
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
    refused = new Set(diagnostics.map(({ location }) => location.path));
  });

  it.each(REFUSED)('does not let %s import %s', (file) => {
    expect(refused).toContain(file);
  });

  it.each(ALLOWED)('lets %s import %s', (file) => {
    expect(refused).not.toContain(file);
  });
});
