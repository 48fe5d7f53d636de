/**
 * The documents that lib writes beside a function's code, and that the function reads when it starts. A function's kind
 * follows from them: `service` makes it a proxy function, `authorizer` the authorizer, `operator` the operator function.
 * `circuits` alone is the circuit function's, or the widget function's if it has `Env.operatorFunction`.
 */
export const DOCUMENTS = [
  /** JSON of a `ServicePolicy`: proxy functions. */
  'service',
  /** JSON of an `AuthorizerConfig`: the authorizer function. */
  'authorizer',
  /** JSON of a `CircuitsConfig`: the circuit, operator and widget functions. */
  'circuits',
  /** JSON of an `OperatorConfig`: the operator function. */
  'operator',
] as const;
export type DocumentName = (typeof DOCUMENTS)[number];

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
