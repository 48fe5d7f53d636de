import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorizerConfig } from '../../lambdas/contract/auth/authorizer-config.ts';
import { circuitsConfig } from '../../lambdas/contract/circuit/circuits-config.ts';
import { type DocumentName, decodeDocument, documentFile, versioned } from '../../lambdas/contract/documents.ts';
import { operatorConfig } from '../../lambdas/contract/operations/operator-config.ts';
import { servicePolicy } from '../../lambdas/contract/policy.ts';

/** A document as lib writes it. One that has a version of its own keeps it. */
export function documentJson(document: object): string {
  return JSON.stringify(versioned(document));
}

export const decodeServicePolicy = (json: string) => decodeDocument('service', servicePolicy, json);
export const decodeAuthorizerConfig = (json: string) => decodeDocument('authorizer', authorizerConfig, json);
export const decodeCircuitsConfig = (json: string) => decodeDocument('circuits', circuitsConfig, json);
export const decodeOperatorConfig = (json: string) => decodeDocument('operator', operatorConfig, json);

/** The variable by which a function finds these documents, in a folder that lasts as long as this process. */
export function documentVariables(documents: Partial<Record<DocumentName, object>>): {
  readonly LAMBDA_TASK_ROOT: string;
} {
  const dir = mkdtempSync(join(parentDir(), 'asset-'));
  for (const [name, document] of Object.entries(documents)) {
    writeFileSync(join(dir, documentFile(name as DocumentName)), documentJson(document));
  }
  return { LAMBDA_TASK_ROOT: dir };
}

let parent: string | undefined;

function parentDir(): string {
  if (parent === undefined) {
    const dir = mkdtempSync(join(tmpdir(), 'tollgate-documents-'));
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    parent = dir;
  }
  return parent;
}
