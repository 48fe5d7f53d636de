import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { watchFolders } from '../../../local/app/watch.ts';
import { temporaryDir } from '../support/assembly.ts';

function watchTemporary() {
  const dir = temporaryDir();
  mkdirSync(join(dir, 'deep', 'er'), { recursive: true });
  writeFileSync(join(dir, 'deep', 'er', 'a.ts'), '');
  let notify = () => {};
  let calls = 0;
  const close = watchFolders([dir, join(dir, 'absent')], async () => {
    calls += 1;
    notify();
  });
  onTestFinished(close);
  return {
    file: (...names: string[]) => join(dir, ...names),
    calls: () => calls,
    /** Resolves with the call that this change leads to. */
    after: (change: () => void) =>
      new Promise<void>((resolve) => {
        notify = resolve;
        change();
      }),
  };
}

test('a file that is written in place is told, however deep it lies', async () => {
  const { file, after } = watchTemporary();
  await after(() => appendFileSync(file('deep', 'er', 'a.ts'), 'x'));
});

test('a file that is replaced by another of its name is told, again and again', async () => {
  const { file, after } = watchTemporary();
  const replace = () => {
    writeFileSync(file('deep', 'er', 'a.ts.tmp'), String(Math.random()));
    renameSync(file('deep', 'er', 'a.ts.tmp'), file('deep', 'er', 'a.ts'));
  };
  await after(replace);
  await after(replace);
  await after(() => {
    rmSync(file('deep', 'er', 'a.ts'));
    writeFileSync(file('deep', 'er', 'a.ts'), '');
  });
  await after(replace);
});

test('files in a new folder are told, and those that come later', async () => {
  const { file, after } = watchTemporary();
  await after(() => {
    mkdirSync(file('new'));
    writeFileSync(file('new', 'b.ts'), '');
  });
  await after(() => appendFileSync(file('new', 'b.ts'), 'x'));
});

test('many saves at once are one call, and files that are no sources are none', async () => {
  const { file, after, calls } = watchTemporary();
  writeFileSync(file('deep', '.a.ts.swp'), '');
  await after(() => {
    for (let count = 0; count < 20; count += 1) writeFileSync(file('deep', `${count}.ts`), '');
  });
  expect(calls()).toBe(1);
});
