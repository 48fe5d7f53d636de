import {
  DEFAULT_CACHE_TIMEOUT_MS,
  encodeLimit,
  type RoutePolicy,
  type ServicePolicy,
} from '../../lambdas/contract/policy.ts';

/** A service's policies as JSON that the contract's decoder reads: what it would add by itself is left out. */
export function policyDocument({
  gatewayLimits,
  rateLimitHeaders,
  cacheTimeoutMs,
  default: standard,
  routes,
  ...service
}: ServicePolicy): object {
  return {
    ...service,
    ...(gatewayLimits.length > 0 && { gatewayLimits: gatewayLimits.map(encodeLimit) }),
    ...(!rateLimitHeaders && { rateLimitHeaders }),
    ...(cacheTimeoutMs !== DEFAULT_CACHE_TIMEOUT_MS && { cacheTimeoutMs }),
    default: routeDocument(standard),
    routes: Object.fromEntries(Object.entries(routes).map(([key, route]) => [key, routeDocument(route)])),
  };
}

function routeDocument({ auth, limits, cost }: RoutePolicy): object {
  return { auth, ...(limits && { limits: limits.map(encodeLimit) }), ...(cost !== 1 && { cost }) };
}
