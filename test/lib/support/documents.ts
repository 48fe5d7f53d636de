import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Stack, Stage } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { type DocumentName, documentFile } from '../../../lambdas/contract/documents.ts';

/** The folder that a function is deployed from, found by the end of its description. Synthesizes the app. */
export function assetOf(scope: IConstruct, description: string): string {
  const fn = functionOf(scope, description);
  const { s3Key } = Stack.of(fn).resolve(fn.code) as { s3Key: string };
  return join(Stage.of(fn)?.assetOutdir ?? '', `asset.${s3Key.replace(/\.zip$/, '')}`);
}

/** The variables of a function, as its own stack has them. */
export function variablesOf(scope: IConstruct, description: string): Readonly<Record<string, unknown>> {
  const fn = functionOf(scope, description);
  return (Stack.of(fn).resolve(fn.environment) as { variables: Record<string, unknown> }).variables;
}

/** The JSON of a document of the function whose description ends so. */
export function documentOf(scope: IConstruct, description: string, name: DocumentName): string {
  return readFileSync(join(assetOf(scope, description), documentFile(name)), 'utf8');
}

/** The policies of a service. */
export function proxyDocument(scope: IConstruct, service: string): string {
  return documentOf(scope, `: proxy of ${service}`, 'service');
}

export function authorizerDocument(scope: IConstruct): string {
  return documentOf(scope, 'Tollgate: verifies credentials', 'authorizer');
}

function functionOf(scope: IConstruct, description: string): CfnFunction {
  (scope.node.root as App).synth();
  const found = scope.node
    .findAll()
    .filter((one) => CfnFunction.isCfnFunction(one) && one.description?.endsWith(description));
  if (found.length !== 1) throw new Error(`${found.length} functions have a description that ends with ${description}`);
  return found[0] as CfnFunction;
}
