import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directories of the app and of the local run's keys and assemblies. */
export interface Project {
  readonly dir: string;
  readonly stateDir: string;
}

/** The checkout that contains this file. */
export function thisProject(environment: Readonly<Record<string, string | undefined>>): Project {
  const dir = dirname(dirname(fileURLToPath(import.meta.url)));
  return { dir, stateDir: environment['TOLLGATE_STATE_DIR'] ?? join(dir, '.tollgate') };
}
