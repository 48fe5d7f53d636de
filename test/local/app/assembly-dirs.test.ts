import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AssemblyDirs } from '../../../local/app/assembly-dirs.ts';
import { temporaryDir } from '../support/assembly.ts';
import { startNode } from '../support/process.ts';

function synthesize(dirs: AssemblyDirs, files: Readonly<Record<string, string>>, bundles: readonly string[]): void {
  dirs.clear();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dirs.draft, name), text);
  for (const name of bundles) mkdirSync(join(dirs.draft, name));
}

test('old bundles stay until they are pruned; everything else is the new assembly at once', () => {
  const stateDir = temporaryDir();
  const dirs = new AssemblyDirs(stateDir);
  synthesize(dirs, { 'manifest.json': 'one', 'Gone.template.json': '' }, ['asset.old', 'asset.same']);
  dirs.promote();
  synthesize(dirs, { 'manifest.json': 'two' }, ['asset.new', 'asset.same']);
  dirs.promote();
  expect(readFileSync(join(dirs.served, 'manifest.json'), 'utf8')).toBe('two');
  expect(readdirSync(dirs.served).sort()).toEqual(['asset.new', 'asset.old', 'asset.same', 'manifest.json']);
  dirs.prune();
  expect(readdirSync(dirs.served).sort()).toEqual(['asset.new', 'asset.same', 'manifest.json']);
  expect(readdirSync(stateDir)).toEqual(['assembly']);
});

test('what dead processes left is swept, what living ones have is not', async () => {
  const stateDir = temporaryDir();
  const dead = startNode(['-e', '']);
  await dead.finished;
  const left = [`assembly.draft.${dead.process.pid}`, `assembly.old.${dead.process.pid}`];
  const kept = ['assembly', `assembly.draft.${process.ppid}`, 'issuers'];
  for (const name of [...left, ...kept]) mkdirSync(join(stateDir, name));
  new AssemblyDirs(stateDir).sweep();
  expect(readdirSync(stateDir).sort()).toEqual(kept.sort());
});
