import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** True where the packages that the benchmarks compare with are those of the lock file. */
export function peersInstalled(): boolean {
  const installed = join(import.meta.dirname, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) && hasAll(packagesOf(installed), packagesOf(join(import.meta.dirname, 'package-lock.json')))
  );
}

type Packages = Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;

function packagesOf(file: string): Packages {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly packages: Packages }).packages;
}

function hasAll(present: Packages, wanted: Packages): boolean {
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  );
}
