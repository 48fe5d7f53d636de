import { type AuthPolicy, acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { checkKind, checkProps, isObject, type Kind, optional, type PropKinds, text } from '../props/check-props.ts';
import { freeHeaderName } from '../props/header-name.ts';
import { REQUIREMENTS, type Requirements, requirementsOf } from './requirements.ts';

export interface ApiKeyAuthProps extends Requirements {
  /**
   * A header in which API keys travel and nothing else does, such as `x-api-key`. A route that takes JWTs beside keys in
   * a header of their own asks its authorizer for each request: API Gateway keeps verdicts by one header only.
   *
   * @default - `Authorization: Bearer`, as JWTs travel
   */
  readonly header?: string;
}

const API_KEY_PROPS = { header: optional(text('x-api-key')), ...REQUIREMENTS } satisfies PropKinds<ApiKeyAuthProps>;

/** Who may call a service or a route. */
export class Auth {
  /** Anybody. The limits of such a route count by source address. */
  static none(): Auth {
    return new Auth({ type: 'none' });
  }

  /** Clients with a valid token of one of the gateway's issuers. */
  static jwt(props: Requirements = {}): Auth {
    checkProps(props, REQUIREMENTS, isObject(props) && 'header' in props ? NO_HEADER : undefined);
    return new Auth({ type: 'required', accepts: [acceptance('jwt', requirementsOf(props))] });
  }

  /** Clients with a valid API key of the gateway. Operators make the keys. */
  static apiKey(props: ApiKeyAuthProps = {}): Auth {
    checkProps(props, API_KEY_PROPS);
    const header = props.header === undefined ? null : keyHeader(props.header);
    return new Auth({ type: 'required', accepts: [acceptance('apiKey', { header, ...requirementsOf(props) })] });
  }

  /** Clients that one of these accepts: `Auth.any(Auth.jwt(), Auth.apiKey())`. */
  static any(...auths: readonly Auth[]): Auth {
    const accepts = auths.flatMap((auth) => required('Auth.any()', auth).accepts);
    if (accepts.length === 0) {
      throw new InvalidPropError(
        'Auth.any() must be given at least one Auth, got none: write Auth.any(Auth.jwt(), Auth.apiKey()), or Auth.none() to let anybody in',
      );
    }
    checkEachOnce(accepts);
    checkOneKeyHeader(accepts);
    return new Auth({ type: 'required', accepts });
  }

  /**
   * Clients that this accepts, and clients without a credential. A bad credential is refused. API Gateway asks the authorizer
   * for each request.
   */
  static optional(auth: Auth): Auth {
    return new Auth({ type: 'optional', accepts: required('Auth.optional()', auth).accepts });
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

const NO_HEADER = 'leave it out, since a JWT travels in Authorization; header is a prop of Auth.apiKey()';
const NO_BRACKETS = 'leave the brackets out, as in Auth.any(Auth.jwt(), Auth.apiKey())';

type Required = Extract<AuthPolicy, { readonly type: 'required' | 'optional' }>;
type Accepts = Required['accepts'];

function required(taker: string, auth: Auth): Required {
  checkKind(`what ${taker} is given`, auth, {
    ...AUTH,
    fix: Array.isArray(auth) ? NO_BRACKETS : 'write Auth.jwt() or Auth.apiKey()',
  });
  const { policy } = auth;
  if (policy.type === 'required') return policy;
  throw new InvalidPropError(
    `${taker} must be given what asks for a credential, got Auth.${policy.type}(): ${FIXES[policy.type]}`,
  );
}

const FIXES = {
  none: 'write Auth.none() alone to let anybody in',
  optional: 'write Auth.optional(Auth.any(Auth.jwt(), Auth.apiKey())), with Auth.optional() once and outermost',
} as const;

function checkEachOnce(accepts: Accepts): void {
  const seen = new Set<string>();
  for (const accepted of accepts) {
    const json = JSON.stringify(accepted);
    if (seen.has(json)) {
      throw new InvalidPropError(
        `Auth.any() must be given each Auth once, got Auth.${accepted.kind}() twice with the same props: leave one out`,
      );
    }
    seen.add(json);
  }
}

/** One header of several would be the key's only by chance: a request must not present two. */
function checkOneKeyHeader(accepts: Accepts): void {
  const headers = new Set(accepts.filter(({ kind }) => kind === 'apiKey').map(({ header }) => header));
  if (headers.size < 2) return;
  const named = [...headers].map((header) => header ?? 'authorization').join(' and ');
  throw new InvalidPropError(
    `the API keys of one policy must travel in one header, got ${named}: give each Auth.apiKey() the same header`,
  );
}

/** The gateway's own headers that name the caller to upstreams. */
const TELLS_WHO_CALLS = /^x-(?:user-|client-id$)/;

function keyHeader(header: string): string {
  const fix = "write one like 'x-api-key', or leave it out for Authorization: Bearer";
  const name = freeHeaderName('header', header, fix);
  if (TELLS_WHO_CALLS.test(name)) {
    throw new InvalidPropError(
      `header must be none that tells an upstream who calls, got ${JSON.stringify(header)}: ${fix}`,
    );
  }
  return name;
}
