import type { Place } from './intrinsics.ts';
import type { FunctionModel } from './model.ts';
import type { Found } from './read-gateway.ts';

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_S = 3;
const DEFAULT_MEMORY_MB = 128;

export function readFunction({ properties, place, ref, attribute }: Found): FunctionModel {
  for (const name of ['Layers', 'FileSystemConfigs', 'ImageConfig', 'SnapStart']) properties.refuse(name);
  const runtime = properties.text('Runtime');
  if (!runtime.startsWith('nodejs')) throw properties.fault(`runs on ${runtime}`);
  return {
    name: ref,
    arn: attribute('Arn'),
    label: labelOf(place),
    region: place.stack.region,
    codeDir: codeDirOf({ properties, place }),
    handler: properties.text('Handler'),
    timeoutMs: (properties.number('Timeout') ?? DEFAULT_TIMEOUT_S) * 1000,
    memoryMb: properties.number('MemorySize') ?? DEFAULT_MEMORY_MB,
    environment: environmentOf(properties),
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

/** `Stack/Gateway/Authorizer/AuthorizerFunction/Resource` -> `authorizer` */
function labelOf({ stack, logicalId }: Place): string {
  const segments = (stack.paths.get(logicalId) ?? logicalId).split('/').filter((segment) => segment !== 'Resource');
  const name = (segments.at(-1) ?? logicalId).replace(/(?<=.)Function$/, '');
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
