import type { AuthPolicy } from '../../../lambdas/contract/auth/auth-policy.ts';
import type { AuthorizerConfig } from '../../../lambdas/contract/auth/authorizer-config.ts';
import type { ClaimPointer } from '../../../lambdas/contract/auth/claim-pointer.ts';

/** Who may call which routes, each policy once. Routes that anybody may call have no authorizer, so it knows none. */
export class AuthPolicies {
  /** By their JSON: many routes ask for the same. */
  readonly #policies = new Map<string, AuthPolicy>();
  readonly #services = new Map<string, number>();
  readonly #routes = new Map<string, number>();

  addService(prefix: string, policy: AuthPolicy): void {
    if (policy.type !== 'none') this.#services.set(prefix, this.placeOf(policy));
  }

  /** @param service the policy of the service, which holds where a route has no other */
  addRoute(routeKey: string, policy: AuthPolicy, service: AuthPolicy): void {
    if (policy.type === 'none' || JSON.stringify(policy) === JSON.stringify(service)) return;
    this.#routes.set(routeKey, this.placeOf(policy));
  }

  /** As the authorizer function reads them. */
  get document(): Pick<AuthorizerConfig, 'policies' | 'services' | 'routes'> {
    return {
      policies: [...this.#policies.values()],
      services: Object.fromEntries(this.#services),
      routes: Object.fromEntries(this.#routes),
    };
  }

  /** The claims that the policies ask for. */
  get claims(): readonly ClaimPointer[] {
    return [...this.#policies.values()]
      .flatMap((policy) => (policy.type === 'none' ? [] : policy.accepts))
      .flatMap(({ claims }) => claims.map(({ claim }) => claim));
  }

  private placeOf(policy: AuthPolicy): number {
    const key = JSON.stringify(policy);
    if (!this.#policies.has(key)) this.#policies.set(key, policy);
    return [...this.#policies.keys()].indexOf(key);
  }
}
