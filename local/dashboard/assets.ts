import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const DIR = join(import.meta.dirname, 'browser');
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** The files that run in the browser, by name. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const names = readdirSync(DIR).filter((name) => extname(name) in TYPES);
  return new Map(
    names.map((name) => [name, { type: TYPES[extname(name)] ?? '', body: readFileSync(join(DIR, name)) }]),
  );
}
