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
  // Between policies: on one floor, to a floor below, and over a folder that both share.
  ['lib/gateway/auth/a.ts', '../limits/rate-limit.ts'],
  ['lib/gateway/limits/a.ts', '../../../lambdas/contract/auth/auth-policy.ts'],
  ['lib/gateway/props/a.ts', '../circuit/index.ts'],
  ['lambdas/contract/limits/a.ts', '../auth/auth-policy.ts'],
  ['lambdas/core/auth/a.ts', '../circuit/circuit.ts'],
  ['lambdas/core/auth/b.ts', '../../contract/limits/limit-policy.ts'],
  ['lambdas/core/http/a.ts', '../auth/claims.ts'],
  ['lambdas/core/limits/kinds/a.ts', '../../auth/claims.ts'],
  ['lambdas/adapters/limits/a.ts', '../circuit/outcome-scripts.ts'],
  ['lambdas/adapters/circuit/a.ts', '../../core/limits/limits.ts'],
  ['lambdas/adapters/circuit/b.ts', '../limits/scripts/index.ts'],
  ['lambdas/adapters/redis/a.ts', '../limits/redis-counters.ts'],
  // A circle, though of types alone.
  ['local/app/a.ts', './b.ts'],
  ['local/app/b.ts', './a.ts'],
] as const;

const ALLOWED = [
  ['lambdas/core/c.ts', '../contract/scope.ts'],
  ['lambdas/adapters/b.ts', '../core/circuit.ts'],
  ['lambdas/proxy/c.ts', '../adapters/circuit-store.ts'],
  ['lambdas/alarm/b.ts', './trip.ts'],
  ['lib/gateway/c.ts', '../../lambdas/contract/auth/scope.ts'],
  ['local/http/d.ts', '../../lambdas/contract/policy.ts'],
  ['lib/gateway/auth/c.ts', '../limits/index.ts'],
  ['lib/gateway/limits/b.ts', '../../../lambdas/contract/auth/index.ts'],
  ['lib/gateway/limits/c.ts', '../../../lambdas/contract/limits/limit-policy.ts'],
  ['lib/gateway/limits/d.ts', '../props/interval.ts'],
  ['lib/gateway/dashboard/a.ts', '../circuit/circuits.ts'],
  ['lambdas/contract/limits/b.ts', '../auth/index.ts'],
  ['lambdas/contract/operations/a.ts', '../auth/scope.ts'],
  ['lambdas/core/auth/c.ts', '../limits/index.ts'],
  ['lambdas/core/http/b.ts', '../../contract/auth/api-key.ts'],
  ['lambdas/adapters/limits/b.ts', '../circuit/index.ts'],
  ['lambdas/adapters/limits/c.ts', '../redis/redis-connection.ts'],
  ['lambdas/proxy/stages/a.ts', '../../adapters/limits/redis-counters.ts'],
] as const;

const RULES = ['plugin', 'lint/style/noRestrictedImports', 'lint/suspicious/noImportCycles'];

const dir = mkdtempSync(join(tmpdir(), 'tollgate-imports-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the linter', () => {
  let refused: ReadonlySet<string>;
  beforeAll(() => {
    for (const file of ['biome.json', 'policies.grit', '.gitignore'])
      copyFileSync(join(PROJECT_ROOT, file), join(dir, file));
    for (const [file, imported] of [...REFUSED, ...ALLOWED]) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      writeFileSync(join(dir, file), `export type * from '${imported}';\n`);
    }
    const { stdout } = spawnSync(
      join(PROJECT_ROOT, 'node_modules/.bin/biome'),
      ['lint', '--reporter=json', '--max-diagnostics=none'],
      { cwd: dir, encoding: 'utf8' },
    );
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
    const refusals = diagnostics.filter(({ category }) => RULES.includes(category));
    refused = new Set(refusals.map(({ location }) => location.path));
  });

  it.each(REFUSED)('does not let %s import %s', (file) => {
    expect(refused).toContain(file);
  });

  it.each(ALLOWED)('lets %s import %s', (file) => {
    expect(refused).not.toContain(file);
  });
});
