import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentFile } from '../../lambdas/contract/documents.ts';
import type { FunctionDocuments } from '../assembly/model.ts';

/**
 * Folders with the documents that functions read here, where addresses are this machine's. The assembly stays as it is: it
 * may be one that somebody deploys. A folder is never changed, since functions that end may still read it.
 */
export class TaskRoots {
  readonly #dir = mkdtempSync(join(tmpdir(), 'tollgate-documents-'));

  /** A folder with these documents, the same one for the same documents. */
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
