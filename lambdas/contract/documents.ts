import type { AuthorizerConfig } from './auth/authorizer-config.ts';
import type { CircuitsConfig } from './circuit/circuits-config.ts';
import { DecodeError, type Decoder, decodeJson, object } from './decode.ts';
import type { OperatorConfig } from './operations/operator-config.ts';
import type { ServicePolicy } from './policy.ts';

/**
 * The documents that lib writes beside a function's code, and that the function reads when it starts. Each is the JSON of
 * a whole value: no field has a default. A function's kind follows from its documents: `circuits` alone belongs to the
 * alarm function, or to the widget function if it has `Env.operatorFunction`.
 */
export interface Documents {
  /** Proxy functions. */
  readonly service: ServicePolicy;
  /** The authorizer function. */
  readonly authorizer: AuthorizerConfig;
  /** The alarm, operator and widget functions. */
  readonly circuits: CircuitsConfig;
  /** The operator function. */
  readonly operator: OperatorConfig;
}
export type DocumentName = keyof Documents;
export const DOCUMENTS: readonly DocumentName[] = ['service', 'authorizer', 'circuits', 'operator'];

/**
 * The version of all documents. An asset holds code and documents of one synthesis, so the two differ only if somebody
 * mixes files. Raise it with each change that makes older code misread a document.
 */
export const DOCUMENT_VERSION = 1;

/** A document that is missing, or that lacks one of its values. */
export class DocumentError extends Error {
  readonly code = 'document_incomplete';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DocumentError';
  }
}

/** The name of a document's file: `service.json`. */
export function documentFile(name: DocumentName): string {
  return `${name}.json`;
}

/** The JSON that lib writes. */
export function versioned(document: object): object {
  return { version: DOCUMENT_VERSION, ...document };
}

/** @throws DecodeError that names the document, the path in it, the rule and the value */
export function decodeDocument<Name extends DocumentName>(
  name: Name,
  schema: Decoder<Documents[Name]>,
  json: string,
): Documents[Name] {
  return decodeJson(
    (value, path) => {
      thisVersion(value, path);
      return schema(value, path);
    },
    json,
    name,
  );
}

const thisVersion = object({
  version: (value, path) => {
    if (value !== DOCUMENT_VERSION)
      throw new DecodeError(path, `${DOCUMENT_VERSION}, as the function's code is`, value);
  },
});

/** Prefix of the variables that each hold one value of a document. */
export const VALUE_PREFIX = 'TOLLGATE_VALUE_';

/** Replaces a text that only the deployment knows. The variable of this name holds the text. */
export function placeholder(variable: string): string {
  return `\${${variable}}`;
}

/** A string that is a placeholder as a whole. The lookbehind excludes quotes inside a string: each has a backslash. */
const PLACEHOLDER = /(?<!\\)"\$\{(TOLLGATE_VALUE_\w+)\}"/g;

/**
 * The JSON of a document with the function's variables in place of the placeholders.
 *
 * @throws DocumentError for a variable that the function does not have
 */
export function withValues(
  name: DocumentName,
  json: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return json.replace(PLACEHOLDER, (_, variable: string) => {
    const value = env[variable];
    if (value !== undefined) return JSON.stringify(value);
    throw new DocumentError(
      `${documentFile(name)} must find each of its values in the function's environment, got no ${variable}: deploy the stack again`,
    );
  });
}
