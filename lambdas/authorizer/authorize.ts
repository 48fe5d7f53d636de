import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { describeError, writeLine } from '../adapters/log.ts';
import {
  AUTHORIZATION,
  type AuthPolicy,
  type CredentialKind,
  type CredentialSource,
  credentialSource,
} from '../contract/auth/auth-policy.ts';
import type { AuthorizerConfig } from '../contract/auth/authorizer-config.ts';
import { type Anonymous, encodeVerdict, type Verdict, type VerdictContext } from '../contract/auth/verdict.ts';
import { invalidToken, OTHER_KIND, rejectionOf } from '../core/auth/authorization.ts';
import { presentedIn } from '../core/auth/credential.ts';
import { routeAuth } from '../core/auth/route-auth.ts';
import type { CredentialVerifier } from './credential-verifier.ts';

type Answer = APIGatewaySimpleAuthorizerWithContextResult<VerdictContext>;
type Guarded = Exclude<AuthPolicy, { readonly type: 'none' }>;

const ANONYMOUS: Anonymous = { verdict: 'anonymous' };
const MALFORMED = invalidToken('the credential is not a bearer token');
const SEVERAL = invalidToken('the request has more than one credential');
/** Denies a route that the gateway's policies do not contain. */
const NO_ROUTE = invalidToken('this route takes no credential');

export interface AuthorizerOptions {
  readonly config: Pick<AuthorizerConfig, 'policies' | 'services' | 'routes' | 'rejections'>;
  /** One for each kind. */
  readonly verifiers: Readonly<Record<CredentialKind, CredentialVerifier>>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * Applies each route's policy and answers API Gateway in its SIMPLE format. Throws only if a verifier cannot decide, for
 * example in an outage. API Gateway then answers 500 and does not cache it.
 */
export function createAuthorizer({ config, verifiers, clock }: AuthorizerOptions) {
  const policyOf = routeAuth(config);
  const sources = new Map<Guarded, CredentialSource>();
  const sourceOf = (policy: Guarded) => {
    const source = sources.get(policy) ?? credentialSource(policy);
    sources.set(policy, source);
    return source;
  };

  async function verdictOf(event: APIGatewayRequestAuthorizerEventV2, policy: Guarded): Promise<Verdict> {
    const presented = presentedIn(event.headers ?? {}, sourceOf(policy));
    switch (presented.kind) {
      case 'none':
        return ANONYMOUS;
      case 'malformed':
        return MALFORMED;
      case 'several':
        return SEVERAL;
      default: {
        if (!takes(policy, presented)) return OTHER_KIND;
        const verification = await verifiers[presented.kind].verify(presented.credential, clock());
        if (verification.verdict === 'rejected') return verification;
        // Verified credentials are remembered by their text alone, so a remembered token could come as an API key.
        if (verification.verified.kind !== presented.kind) return OTHER_KIND;
        return rejectionOf(policy.accepts, verification.verified) ?? verification.verified;
      }
    }
  }

  return async (event: APIGatewayRequestAuthorizerEventV2): Promise<Answer> => {
    const policy = policyOf(event.routeKey);
    // A route without credentials has no authorizer, so API Gateway never asks here.
    if (policy === undefined || policy.type === 'none') return answer(NO_ROUTE, undefined, config.rejections);
    try {
      return answer(await verdictOf(event, policy), policy, config.rejections);
    } catch (error) {
      const { requestId } = event.requestContext;
      writeLine({ message: 'authorizer failed', request_id: requestId, error: describeError(error) });
      throw error;
    }
  };
}

/** A key with a header of its own is accepted only from that header. */
function takes({ accepts }: Guarded, presented: { readonly kind: CredentialKind; readonly header: string }): boolean {
  return accepts.some(({ kind, header }) => kind === presented.kind && (header ?? AUTHORIZATION) === presented.header);
}

/** A rejection passes so that the proxy function can answer 401 with a reason; with `bare`, API Gateway answers 403. */
function answer(verdict: Verdict, policy: Guarded | undefined, rejections: AuthorizerConfig['rejections']): Answer {
  const mayPass = verdict.verdict === 'verified' || (verdict.verdict === 'anonymous' && policy?.type === 'optional');
  return { isAuthorized: mayPass || rejections === 'explained', context: encodeVerdict(verdict) };
}
