import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the app is, and where the local run keeps its keys and assemblies. */
export interface Project {
  readonly dir: string;
  readonly stateDir: string;
}

/** The checkout that this file lies in. */
export function thisProject(environment: Readonly<Record<string, string | undefined>>): Project {
  const dir = dirname(dirname(fileURLToPath(import.meta.url)));
  return { dir, stateDir: environment['TOLLGATE_STATE_DIR'] ?? join(dir, '.tollgate') };
}
