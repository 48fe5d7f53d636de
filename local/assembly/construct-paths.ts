import type { Template } from './stack.ts';

export interface MetadataEntry {
  readonly type: string;
  readonly data?: unknown;
}

/** Paths of constructs by logical id, from a stack's metadata and from its template. */
export function constructPaths(
  template: Template,
  metadata: Readonly<Record<string, readonly MetadataEntry[]>> = {},
): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [path, entries] of Object.entries(metadata)) {
    for (const { type, data } of entries) if (type === 'aws:cdk:logicalId') paths.set(String(data), path.slice(1));
  }
  for (const [logicalId, { Metadata }] of Object.entries(template.Resources ?? {})) {
    const path = Metadata?.['aws:cdk:path'];
    if (typeof path === 'string') paths.set(logicalId, path);
  }
  return paths;
}
