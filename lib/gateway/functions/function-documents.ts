import { createHash } from 'node:crypto';
import type { IPostProcessor, IResolvable } from 'aws-cdk-lib';
import { DefaultTokenResolver, type IResolveContext, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import {
  type DocumentName,
  documentFile,
  placeholder,
  VALUE_PREFIX,
  versioned,
} from '../../../lambdas/contract/documents.ts';
import { InvalidPropError } from '../../invalid-prop.ts';

export interface RenderedDocuments {
  /** JSON by the name of the file. */
  readonly files: ReadonlyMap<string, string>;
  /** By the name of a variable: the texts that replace placeholders. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Documents as files. A text that only the deployment knows, such as the address of a load balancer, becomes a variable of
 * the function, with a placeholder in the document.
 *
 * @throws InvalidPropError for a number or a list that only the deployment knows
 */
export function renderDocuments(
  scope: IConstruct,
  documents: Readonly<Partial<Record<DocumentName, object>>>,
): RenderedDocuments {
  const values = new Map<string, string>();
  const render = (_: string, value: unknown): unknown => {
    if (!Token.isUnresolved(value)) return value;
    if (typeof value !== 'string') {
      throw new InvalidPropError(
        `${scope.node.path}: a value that only the deployment knows must be a string, got a ${Array.isArray(value) ? 'list' : typeof value}: write it out, or give the strings of a list one by one with Fn.select`,
      );
    }
    const resolved: unknown = Stack.of(scope).resolve(value);
    if (typeof resolved === 'string') return resolved;
    const variable = variableOf(scope, value);
    values.set(variable, value);
    return placeholder(variable);
  };
  const files = Object.entries(documents).map(
    ([name, document]) =>
      [documentFile(name as DocumentName), `${JSON.stringify(versioned(document), render, 2)}\n`] as const,
  );
  return { files: new Map(files), values };
}

/**
 * The name depends on the text's parts. An update changes a function's code and its variables one after the other: between
 * the two, a numbered variable could hold the value of another one.
 */
function variableOf(scope: IConstruct, text: string): string {
  const parts: unknown = Tokenization.resolve(text, { scope, resolver: new ByPath(), preparing: false });
  return `${VALUE_PREFIX}${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)}`;
}

/** Names resources by their path in the app: two stacks may have a resource of the same logical id. */
class ByPath extends DefaultTokenResolver {
  constructor() {
    super({ join: (left: unknown, right: unknown) => [left, right] });
  }

  override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token)) return `${token.target.node.path}.${token.displayName}`;
    return super.resolveToken(token, context, postProcessor);
  }
}
