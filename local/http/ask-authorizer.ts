import type { AuthorizerModel } from '../assembly/model.ts';
import type { Invoke } from '../functions/invocation.ts';
import { authorizerEvent, type RequestFacts } from './event.ts';
import { identityValue } from './identity-source.ts';
import type { Request } from './message.ts';

/** How long API Gateway waits for an authorizer (AWS: Quotas for HTTP APIs). */
const AUTHORIZER_TIMEOUT_MS = 10_000;
const CACHE_LIMIT = 10_000;

export type Authorization =
  | { readonly kind: 'allowed'; readonly context: unknown }
  | { readonly kind: 'denied' }
  /** An identity source is missing or empty: the authorizer is not called. */
  | { readonly kind: 'unidentified' }
  /** The authorizer threw, was late or answered in a wrong form. */
  | { readonly kind: 'faulty' };

export type Authorize = (authorizer: AuthorizerModel, request: Request, facts: RequestFacts) => Promise<Authorization>;

/** Calls authorizers and caches their answers by authorizer and identity, as API Gateway does. */
export function createAuthorize(invoke: Invoke): Authorize {
  const cache = new Map<string, { readonly result: Authorization; readonly untilMs: number }>();
  return async (authorizer, request, facts) => {
    const identity = authorizer.identitySources.map((source) => identityValue(source, request, facts));
    if (identity.some((value) => value === undefined || value === '')) return { kind: 'unidentified' };
    const key = JSON.stringify([authorizer.id, ...identity]);
    const cached = cache.get(key);
    if (cached && cached.untilMs > facts.nowMs) return cached.result;
    const result = await ask(invoke, authorizer, authorizerEvent(request, facts, identity as string[]));
    const keeps = authorizer.ttlMs > 0 && result.kind !== 'faulty';
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

/** A map keeps insertion order, so the oldest entry is the first. */
function keep<T>(cache: Map<string, T>, key: string, entry: T): void {
  cache.delete(key);
  cache.set(key, entry);
  const oldest = cache.keys().next();
  if (cache.size > CACHE_LIMIT && !oldest.done) cache.delete(oldest.value);
}
