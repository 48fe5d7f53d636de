import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The test files that a script of package.json runs. */
async function filesOf(script: string): Promise<readonly string[]> {
  const command: string = JSON.parse(read('package.json')).scripts[script];
  const [, args = ''] = / vitest run (.*)$/.exec(command) ?? expect.fail(command);
  const list = ['list', '--filesOnly', '--json', ...args.split(' ')];
  const { stdout } = await run(join(ROOT, 'node_modules/.bin/vitest'), list, { cwd: ROOT });
  return JSON.parse(stdout).map(({ file }: { readonly file: string }) => relative(ROOT, file));
}

/** Every file of the project that declares a test. */
async function testFiles(): Promise<readonly string[]> {
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.*ts', '*.*js'], {
    cwd: ROOT,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .filter((path) => existsSync(join(ROOT, path)) && declaresTest(path));
}

function declaresTest(path: string): boolean {
  const imported = [...read(path).matchAll(/import \{([^}]*)\} from 'vitest'/g)].flatMap(([, names = '']) =>
    names.split(','),
  );
  return imported.some((name) => /^\s*(?:describe|it|test)\b/.test(name));
}

it('every test is in one tier, and one alone: that of npm test, or that of npm run test:slow', async () => {
  const [fast, slow, all] = await Promise.all([filesOf('test'), filesOf('test:slow'), testFiles()]);
  expect(slow.filter((file) => !file.endsWith('.slow.test.ts'))).toEqual([]);
  expect(fast.length).toBeGreaterThan(slow.length);
  expect([...fast, ...slow].toSorted()).toEqual(all.toSorted());
});

it('.ci/run runs both tiers', () => {
  expect(read('.ci/run').match(/^(?:\w+=\w+ )*npm (?:test|run test:slow)$/gm)).toHaveLength(2);
});
