import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ENVIRONMENT_LIMIT_BYTES } from '../../lambdas/contract/environment.ts';
import { InvalidPropError } from '../invalid-prop.ts';

/** What a value known at deployment only is taken for: longer than table names and endpoints are. */
const TOKEN_BYTES = 128;

/** @throws InvalidPropError when the variables would not fit into a function's environment */
export function checkEnvironmentSize(scope: Construct, variables: Readonly<Record<string, string>>, fix: string): void {
  const bytes = Object.entries(variables).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(scope, value),
    0,
  );
  if (bytes > ENVIRONMENT_LIMIT_BYTES) {
    throw new InvalidPropError(
      `the environment of a function must be at most ${ENVIRONMENT_LIMIT_BYTES} bytes, got ${bytes}: ${fix}`,
    );
  }
}

function valueBytes(scope: Construct, value: string): number {
  return textBytes(Stack.of(scope).resolve(value));
}

function textBytes(resolved: unknown): number {
  if (typeof resolved === 'string') return Buffer.byteLength(resolved);
  const joined = (resolved as { 'Fn::Join'?: [string, unknown[]] })?.['Fn::Join'];
  if (joined === undefined) return TOKEN_BYTES;
  const [delimiter, parts] = joined;
  return parts.reduce<number>((sum, part) => sum + textBytes(part), Buffer.byteLength(delimiter) * (parts.length - 1));
}

/** JSON of a document for a function, tokens in it included. */
export function environmentJson(scope: Construct, document: unknown): string {
  return Token.asString(Stack.of(scope).toJsonString(document));
}
