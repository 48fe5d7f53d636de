import type { AuthPolicy } from '../../lambdas/contract/policy.ts';
import { SCOPE } from '../../lambdas/contract/scope.ts';
import { InvalidPropError } from '../invalid-prop.ts';
import { checkProps, type Kind, optional, type PropKinds, texts } from './check-props.ts';

export interface JwtAuthProps {
  /**
   * Scopes that a token must have, all of them; one that lacks any is answered 403 `insufficient_scope`.
   *
   * @default - any valid token
   */
  readonly scopes?: readonly string[];
}

const PROPS = { scopes: optional(texts('orders:read')) } satisfies PropKinds<JwtAuthProps>;

/** Who may call a service or a route. */
export class Auth {
  /** Anybody. The limits of such a route count by source address. */
  static none(): Auth {
    return new Auth({ type: 'none' });
  }

  /** Whoever has a valid token of one of the gateway's issuers. */
  static jwt(props: JwtAuthProps = {}): Auth {
    checkProps(props, PROPS);
    const { scopes = [] } = props;
    for (const scope of scopes) {
      if (!SCOPE.test(scope)) {
        throw new InvalidPropError(
          `a scope must be one word of printable characters without quotes or backslashes, got ${JSON.stringify(scope)}: list scopes one by one, ['orders:read', 'orders:write']`,
        );
      }
    }
    return new Auth({ type: 'jwt', scopes: [...new Set(scopes)] });
  }

  readonly #policy: AuthPolicy;

  private constructor(policy: AuthPolicy) {
    this.#policy = policy;
  }

  /** As the functions read it. */
  get policy(): AuthPolicy {
    return this.#policy;
  }
}

export const AUTH: Kind = {
  is: (value) => value instanceof Auth,
  rule: 'an Auth',
  fix: 'write Auth.jwt() or Auth.none()',
};
