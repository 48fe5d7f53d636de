import { Stack } from 'aws-cdk-lib';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ENVIRONMENT_LIMIT_BYTES } from '../../../lambdas/contract/environment.ts';
import { InvalidPropError } from '../../invalid-prop.ts';

/** Length assumed for a value that only the deployment knows: longer than table names and endpoints are. */
const TOKEN_BYTES = 128;

/** @throws InvalidPropError when the variables of a function are more than Lambda takes */
export function checkEnvironmentSize(fn: LambdaFunction): void {
  const { environment } = fn.node.defaultChild as CfnFunction;
  const { variables = {} } = (Stack.of(fn).resolve(environment) ?? {}) as { variables?: Record<string, unknown> };
  const bytes = environmentBytes(variables);
  if (bytes <= ENVIRONMENT_LIMIT_BYTES) return;
  throw new InvalidPropError(
    `${fn.node.path}: the environment of a function must be at most ${ENVIRONMENT_LIMIT_BYTES} bytes of JSON, got ${bytes}: write values that you know out instead of referring to other stacks, or give the function fewer variables of your own`,
  );
}

/**
 * As Lambda measures: the JSON of all variables, in which each quote inside a value is escaped. Its refusal prints that text
 * as `String measured`, e.g. in https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594.
 *
 * @param variables resolved: strings, and CloudFormation's functions for what only the deployment knows
 */
export function environmentBytes(variables: Readonly<Record<string, unknown>>): number {
  const texts = Object.entries(variables).map(([name, value]) => [name, textOf(value)]);
  return Buffer.byteLength(JSON.stringify(Object.fromEntries(texts)));
}

function textOf(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const joined = (resolved as { 'Fn::Join'?: [string, unknown[]] })?.['Fn::Join'];
  if (joined === undefined) return 'x'.repeat(TOKEN_BYTES);
  const [delimiter, parts] = joined;
  return parts.map(textOf).join(delimiter);
}
