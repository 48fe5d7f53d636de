import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this file lies in. */
export const PROJECT_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

/** Keys of the demo issuers, synthesized assemblies: all that the local run keeps. */
export const STATE_DIR = join(PROJECT_DIR, '.tollgate');
