import type { AuthPolicy } from '../../contract/auth/auth-policy.ts';
import type { AuthorizerConfig } from '../../contract/auth/authorizer-config.ts';

/**
 * Finds the policy of a route by its key: its own, or that of the service under whose prefix it lies.
 *
 * @returns undefined for a route of no service: its callers are denied
 */
export function routeAuth({
  policies,
  services,
  routes,
}: Pick<AuthorizerConfig, 'policies' | 'services' | 'routes'>): (routeKey: string) => AuthPolicy | undefined {
  const serviceOf = (path: string) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const place = placeIn(services, path.slice(0, end));
      if (place !== undefined) return place;
    }
    return undefined;
  };
  return (routeKey) => {
    const place = placeIn(routes, routeKey) ?? serviceOf(routeKey.slice(routeKey.indexOf(' ') + 1));
    return place === undefined ? undefined : policies[place];
  };
}

function placeIn(places: Readonly<Record<string, number>>, key: string): number | undefined {
  return Object.hasOwn(places, key) ? places[key] : undefined;
}
