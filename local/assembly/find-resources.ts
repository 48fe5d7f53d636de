import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { documentFile } from '../../lambdas/contract/documents.ts';
import { UserError } from '../user-error.ts';
import type { CloudAssembly } from './cloud-assembly.ts';
import { Resolver } from './intrinsics.ts';
import { Properties } from './properties.ts';
import { treatmentOf } from './resource-types.ts';
import { type Place, placeName, type Resource, type Stack } from './stack.ts';

/** A resource of the assembly, ready to be read. */
export interface Found {
  readonly type: string;
  readonly properties: Properties;
  readonly place: Place;
  /** The value of `Ref` to this resource. */
  readonly ref: string;
  /** A function that operators invoke. */
  readonly isOperator: boolean;
  /** The value of `Fn::GetAtt` of this resource. */
  attribute(name: string): string;
}

export function findResources(assembly: CloudAssembly): readonly Found[] {
  const resolver = new Resolver(assembly);
  return assembly.stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources ?? {}).flatMap(([logicalId, resource]) => {
      const place = { stack, logicalId };
      return resolver.exists(resource, place) ? [found(resource, place, resolver)] : [];
    }),
  );
}

function found(resource: Resource, place: Place, resolver: Resolver): Found {
  if (!treatmentOf(resource.Type)) {
    throw new UserError(
      'resource_unknown',
      `${placeName(place)} is a ${resource.Type}: the local run does not know that`,
    );
  }
  return {
    type: resource.Type,
    properties: new Properties(resource.Properties, place, resolver),
    place,
    ref: String(resolver.resolve({ Ref: place.logicalId }, place)),
    isOperator: isOperator(resource, place.stack),
    attribute: (name) => String(resolver.resolve({ 'Fn::GetAtt': [place.logicalId, name] }, place)),
  };
}

/** Reads files only: the properties of a function that is not served may not be resolvable here. */
function isOperator({ Type, Properties }: Resource, { assets }: Stack): boolean {
  if (Type !== 'AWS::Lambda::Function') return false;
  const { S3Key } = (Properties?.['Code'] ?? {}) as { readonly S3Key?: unknown };
  const dir = assets.get(String(S3Key));
  return dir !== undefined && existsSync(join(dir, documentFile('operator')));
}
