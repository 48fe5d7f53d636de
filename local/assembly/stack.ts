export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
  >;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

export interface Stack {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly template: Template;
  /** CDK paths by logical id. */
  readonly paths: ReadonlyMap<string, string>;
  /** Absolute paths of file assets by their key in the assets' bucket. */
  readonly assets: ReadonlyMap<string, string>;
  /** The resource that declares this stack in the stack around it; undefined for a top-level stack. */
  readonly parent?: Place;
}

/** A resource and its stack, as error messages name them. */
export interface Place {
  readonly stack: Stack;
  readonly logicalId: string;
}

/** `Gateway/UsersRoute (GatewayRouteUsers1A2B in TollgateGateway)` */
export function placeName({ stack, logicalId }: Place): string {
  const path = stack.paths.get(logicalId);
  return path ? `${path} (${logicalId} in ${stack.name})` : `${logicalId} in ${stack.name}`;
}
