import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface OperatorSecret {
  readonly value: string;
  close(): void;
}

/**
 * Each start writes a new secret to a file that only this user can read. `npx tsx bin/ops.ts --local PORT` finds the
 * file by the port.
 */
export function writeSecret(stateDir: string, port: number): OperatorSecret {
  const path = join(stateDir, `operator-${port}.secret`);
  const value = randomBytes(32).toString('base64url');
  mkdirSync(stateDir, { recursive: true });
  // A killed run may have left a file, and the mode is set for new files only.
  rmSync(path, { force: true });
  writeFileSync(path, `${value}\n`, { mode: 0o600, flag: 'wx' });
  return { value, close: () => rmSync(path, { force: true }) };
}
