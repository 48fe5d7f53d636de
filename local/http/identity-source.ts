import { type RequestFacts, splitTarget } from './event.ts';
import { header, type Request } from './message.ts';

/** The value of an identity source: `$request.header.Authorization`, `$request.querystring.key`, `$context.routeKey`, `$stageVariables.name`. */
export function identityValue(source: string, request: Request, facts: RequestFacts): string | undefined {
  const [, family = '', name = ''] =
    /^\$(request\.header|request\.querystring|context|stageVariables)\.(.+)$/.exec(source) ?? [];
  switch (family) {
    case 'request.header':
      return header(request.headers, name.toLowerCase());
    case 'request.querystring':
      return new URLSearchParams(splitTarget(request.target).query).get(name) ?? undefined;
    case 'context':
      return contextValue(name, request, facts);
    case 'stageVariables':
      return facts.api.stage.variables[name];
    default:
      return undefined;
  }
}

const CONTEXT: Readonly<Record<string, (request: Request, facts: RequestFacts) => string>> = {
  apiId: (_, { api }) => api.id,
  httpMethod: ({ method }) => method,
  'identity.sourceIp': ({ sourceIp }) => sourceIp,
  path: ({ target }) => splitTarget(target).path,
  routeKey: (_, { routeKey }) => routeKey,
  stage: (_, { api }) => api.stage.name,
};

function contextValue(name: string, request: Request, facts: RequestFacts): string | undefined {
  return Object.hasOwn(CONTEXT, name) ? CONTEXT[name]?.(request, facts) : undefined;
}

/** True for an identity source that the local run can read. */
export function knowsIdentitySource(source: string): boolean {
  const context = /^\$context\.(.+)$/.exec(source)?.[1];
  return context === undefined
    ? /^\$(request\.(header|querystring)|stageVariables)\.[^.]/.test(source)
    : Object.hasOwn(CONTEXT, context);
}
