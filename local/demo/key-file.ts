import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import { systemCode } from '../user-error.ts';

/** A demo issuer's private keys of one kind, the newest first. */
export interface KeyFile {
  /** Undefined: there are none yet. */
  read(): readonly JWK[] | undefined;
  /** Stores the first keys. If another process was faster, returns its keys. */
  create(keys: readonly JWK[]): readonly JWK[];
  replace(keys: readonly JWK[]): void;
}

export function keyFile(stateDir: string, issuer: string, type: string): KeyFile {
  const path = join(stateDir, 'issuers', encodeURIComponent(issuer), `${type}.json`);
  const read = () => readKeys(path);
  return {
    read,
    create: (keys) => {
      const draft = writeDraft(path, keys);
      try {
        // Making a link is atomic, and fails if the file exists.
        linkSync(draft, path);
        return keys;
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
        return read() ?? keys;
      } finally {
        rmSync(draft, { force: true });
      }
    },
    replace: (keys) => renameSync(writeDraft(path, keys), path),
  };
}

function readKeys(path: string): readonly JWK[] | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as readonly JWK[];
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function writeDraft(path: string, keys: readonly JWK[]): string {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, JSON.stringify(keys), { mode: 0o600 });
  chmodSync(draft, 0o600);
  return draft;
}
