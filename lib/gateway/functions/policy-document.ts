import { isDeepStrictEqual } from 'node:util';
import { encodeAuth } from '../../../lambdas/contract/auth/auth-policy.ts';
import { DEFAULT_IDENTITY_HEADERS } from '../../../lambdas/contract/auth/identity-headers.ts';
import { encodeCircuit } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { encodeLimit } from '../../../lambdas/contract/limits/limit-policy.ts';
import { DEFAULT_CACHE_TIMEOUT_MS, type RoutePolicy, type ServicePolicy } from '../../../lambdas/contract/policy.ts';

/** A service's policies as JSON that the contract's decoder reads: what it would add by itself is left out. */
export function policyDocument({
  identityHeaders,
  keepHeaders,
  badCredentials,
  circuit,
  retry,
  gatewayLimits,
  rateLimitHeaders,
  cacheTimeoutMs,
  default: standard,
  routes,
  ...service
}: ServicePolicy): object {
  return {
    ...service,
    ...(!isDeepStrictEqual(identityHeaders, DEFAULT_IDENTITY_HEADERS) && { identityHeaders }),
    ...(keepHeaders.length > 0 && { keepHeaders }),
    ...(badCredentials && { badCredentials: encodeLimit(badCredentials) }),
    circuit: circuit && encodeCircuit(circuit),
    ...(retry && { retry }),
    ...(gatewayLimits.length > 0 && { gatewayLimits: gatewayLimits.map(encodeLimit) }),
    ...(!rateLimitHeaders && { rateLimitHeaders }),
    ...(cacheTimeoutMs !== DEFAULT_CACHE_TIMEOUT_MS && { cacheTimeoutMs }),
    default: routeDocument(standard),
    routes: Object.fromEntries(Object.entries(routes).map(([key, route]) => [key, routeDocument(route)])),
  };
}

function routeDocument({ auth, limits, cost }: RoutePolicy): object {
  return { auth: encodeAuth(auth), ...(limits && { limits: limits.map(encodeLimit) }), ...(cost !== 1 && { cost }) };
}
