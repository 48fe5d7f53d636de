import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OpsError } from './errors.ts';

/** The permission bits of all users but the owner. */
const OTHERS = 0o077;

/** The secret that `npm start` wrote for the operators of its gateway. @throws OpsError that says what to do */
export function localSecret(port: number, stateDir = thisStateDir()): string {
  const path = join(stateDir, `operator-${port}.secret`);
  const file = open(path, port);
  try {
    const { mode, uid } = fstatSync(file);
    const isMine = process.getuid === undefined || (uid === process.getuid() && (mode & OTHERS) === 0);
    if (isMine) return readFileSync(file, 'utf8').trim();
  } finally {
    closeSync(file);
  }
  throw new OpsError(`${path} must be yours, and readable by you alone (mode 600): remove it and run npm start again`);
}

function open(path: string, port: number): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new OpsError(`${path} cannot be read: ${code}`, { cause });
    throw new OpsError(
      `no gateway of this checkout runs on port ${port}: run npm start, or give the port that it prints as --local PORT`,
      { cause },
    );
  }
}

/** Where `npm start` of this checkout keeps its files. */
function thisStateDir(): string {
  const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  return process.env['TOLLGATE_STATE_DIR'] ?? join(checkout, '.tollgate');
}
