import type { Decoder } from '../contract/decode.ts';
import {
  DocumentError,
  type DocumentName,
  type Documents,
  decodeDocument,
  documentFile,
  withValues,
} from '../contract/documents.ts';

/** Not an import: an ES import of `node:fs` loads all that it exports, which takes some 3 ms of a cold start. */
const { readFileSync } = process.getBuiltinModule('node:fs');

/**
 * A document that lies beside the function's code. Lambda says in `LAMBDA_TASK_ROOT` where that is; the variable is
 * reserved, so nothing else sets it. A function calls this once, when it starts: if it throws, API Gateway answers 500.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * @throws DocumentError where there is no such file, or a value of it is missing
 * @throws DecodeError for a document of another version, or one that does not match the schema
 */
export function readDocument<Name extends DocumentName>(
  name: Name,
  schema: Decoder<Documents[Name]>,
  env: NodeJS.ProcessEnv = process.env,
): Documents[Name] {
  const dir = env['LAMBDA_TASK_ROOT'] ?? '.';
  return decodeDocument(name, schema, withValues(name, readText(`${dir}/${documentFile(name)}`), env));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `the function's code must have its document beside it, got no ${path}: deploy the stack again`;
    throw new DocumentError(message, { cause });
  }
}
