import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentFile } from '../../lambdas/contract/documents.ts';
import type { FunctionDocuments } from '../assembly/model.ts';

/**
 * Folders with the functions' documents, which hold this machine's addresses. The assembly stays unchanged, because a
 * user may deploy it. A folder never changes, because functions that are ending may still read it.
 */
export class TaskRoots {
  readonly #dir = mkdtempSync(join(tmpdir(), 'tollgate-documents-'));

  /** The folder with these documents; equal documents share one. */
  of(documents: FunctionDocuments): string {
    const dir = join(this.#dir, createHash('sha256').update(JSON.stringify(documents)).digest('hex').slice(0, 16));
    if (existsSync(dir)) return dir;
    mkdirSync(dir);
    for (const [name, json] of Object.entries(documents)) {
      writeFileSync(join(dir, documentFile(name as keyof FunctionDocuments)), json);
    }
    return dir;
  }

  async close(): Promise<void> {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
