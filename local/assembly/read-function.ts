import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENTS, documentFile, withValues } from '../../lambdas/contract/documents.ts';
import type { Found } from './find-resources.ts';
import type { FunctionDocuments, FunctionModel } from './model.ts';
import type { Place } from './stack.ts';

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_S = 3;
const DEFAULT_MEMORY_MB = 128;

export function readFunction({ properties, place, ref, attribute }: Found): FunctionModel {
  for (const name of ['Layers', 'FileSystemConfigs', 'ImageConfig', 'SnapStart']) properties.refuse(name);
  const runtime = properties.text('Runtime');
  if (!runtime.startsWith('nodejs')) throw properties.fault(`runs on ${runtime}`);
  const codeDir = codeDirOf({ properties, place });
  const environment = environmentOf(properties);
  return {
    name: ref,
    arn: attribute('Arn'),
    label: labelOf(place),
    region: place.stack.region,
    codeDir,
    handler: properties.text('Handler'),
    timeoutMs: (properties.number('Timeout') ?? DEFAULT_TIMEOUT_S) * 1000,
    memoryMb: properties.number('MemorySize') ?? DEFAULT_MEMORY_MB,
    environment,
    documents: documentsOf(codeDir, environment),
    reservedConcurrency: properties.number('ReservedConcurrentExecutions') ?? null,
  };
}

function codeDirOf({ properties, place }: Pick<Found, 'properties' | 'place'>): string {
  const key = properties.object('Code')?.optionalText('S3Key');
  const dir = key === undefined ? undefined : place.stack.assets.get(key);
  if (dir === undefined) throw properties.fault('has code that is no asset of the assembly');
  return dir;
}

function environmentOf(properties: Found['properties']): Readonly<Record<string, string>> {
  const variables = properties.object('Environment')?.record('Variables') ?? {};
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}

function documentsOf(codeDir: string, environment: FunctionModel['environment']): FunctionDocuments {
  const present = DOCUMENTS.filter((name) => existsSync(join(codeDir, documentFile(name))));
  return Object.fromEntries(
    present.map((name) => {
      const json = readFileSync(join(codeDir, documentFile(name)), 'utf8');
      return [name, withValues(name, json, environment)];
    }),
  );
}

/** `Stack/Gateway/Authorizer/AuthorizerFunction/Resource` -> `authorizer` */
function labelOf({ stack, logicalId }: Place): string {
  const segments = (stack.paths.get(logicalId) ?? logicalId).split('/').filter((segment) => segment !== 'Resource');
  const name = (segments.at(-1) ?? logicalId).replace(/(?<=.)Function$/, '');
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
