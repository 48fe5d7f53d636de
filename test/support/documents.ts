import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DocumentName, documentFile } from '../../lambdas/contract/documents.ts';

/** The variable by which a function finds these documents, in a folder that lasts as long as this process. */
export function documentVariables(documents: Partial<Record<DocumentName, object>>): {
  readonly LAMBDA_TASK_ROOT: string;
} {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-documents-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  for (const [name, document] of Object.entries(documents)) {
    writeFileSync(join(dir, documentFile(name as DocumentName)), JSON.stringify(document));
  }
  return { LAMBDA_TASK_ROOT: dir };
}
