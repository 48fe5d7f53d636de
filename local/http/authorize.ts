import type { AuthorizerModel } from '../assembly/model.ts';
import type { Invoke } from '../functions/invocation.ts';
import { authorizerEvent, type RequestFacts, splitTarget } from './event.ts';
import { header, type Request } from './message.ts';

/** How long API Gateway waits for an authorizer (AWS: Quotas for HTTP APIs). */
const AUTHORIZER_TIMEOUT_MS = 10_000;
const CACHE_LIMIT = 10_000;

export type Authorization =
  | { readonly kind: 'allowed'; readonly context: unknown }
  | { readonly kind: 'denied' }
  /** An identity source is missing or empty: the authorizer is not asked. */
  | { readonly kind: 'unidentified' }
  /** The authorizer threw, was late or answered in a form that is not its own. */
  | { readonly kind: 'faulty' };

export type Authorize = (authorizer: AuthorizerModel, request: Request, facts: RequestFacts) => Promise<Authorization>;

/** Asks the authorizers and keeps their answers, by identity and for all routes of an authorizer, as API Gateway does. */
export function createAuthorize(invoke: Invoke): Authorize {
  const cache = new Map<string, { readonly result: Authorization; readonly untilMs: number }>();
  return async (authorizer, request, facts) => {
    const identity = authorizer.identitySources.map((source) => identityValue(source, request, facts));
    if (identity.some((value) => value === undefined || value === '')) return { kind: 'unidentified' };
    const key = JSON.stringify([authorizer.id, ...identity]);
    const cached = cache.get(key);
    if (cached && cached.untilMs > facts.nowMs) return cached.result;
    const result = await ask(invoke, authorizer, authorizerEvent(request, facts, identity as string[]));
    const keeps = authorizer.ttlMs > 0 && identity.length > 0 && result.kind !== 'faulty';
    if (keeps) keep(cache, key, { result, untilMs: facts.nowMs + authorizer.ttlMs });
    return result;
  };
}

async function ask(invoke: Invoke, { functionName }: AuthorizerModel, event: object): Promise<Authorization> {
  const outcome = await invoke(functionName, event, AUTHORIZER_TIMEOUT_MS);
  if (outcome.kind !== 'replied') return { kind: 'faulty' };
  const reply = JSON.parse(outcome.payload) as { isAuthorized?: unknown; context?: unknown } | null;
  if (typeof reply !== 'object' || typeof reply?.isAuthorized !== 'boolean') return { kind: 'faulty' };
  return reply.isAuthorized ? { kind: 'allowed', context: reply.context ?? null } : { kind: 'denied' };
}

/** `$request.header.Authorization`, `$request.querystring.key`, `$context.routeKey`, `$stageVariables.name` */
function identityValue(source: string, request: Request, facts: RequestFacts): string | undefined {
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

/** A map keeps insertion order, so the oldest entry is the first. */
function keep<T>(cache: Map<string, T>, key: string, entry: T): void {
  cache.delete(key);
  cache.set(key, entry);
  const oldest = cache.keys().next();
  if (cache.size > CACHE_LIMIT && !oldest.done) cache.delete(oldest.value);
}
