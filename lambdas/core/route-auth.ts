import type { AuthPolicy } from '../contract/auth-policy.ts';
import type { AuthorizerConfig } from '../contract/authorizer-config.ts';

/**
 * Finds the policy of a route by its key: its own, or that of the service under whose prefix it lies.
 *
 * @returns undefined for a route that no service has: nobody may call it
 */
export function routeAuth({
  policies,
  services,
  routes,
}: Pick<AuthorizerConfig, 'policies' | 'services' | 'routes'>): (routeKey: string) => AuthPolicy | undefined {
  const policyAt = (places: Readonly<Record<string, number>>, key: string) =>
    Object.hasOwn(places, key) ? policies[places[key] as number] : undefined;
  return (routeKey) => {
    const own = policyAt(routes, routeKey);
    if (own !== undefined) return own;
    const segments = routeKey.slice(routeKey.indexOf(' ') + 1).split('/');
    for (let count = segments.length; count > 1; count -= 1) {
      const policy = policyAt(services, segments.slice(0, count).join('/'));
      if (policy !== undefined) return policy;
    }
    return undefined;
  };
}
