import { Duration, Token } from 'aws-cdk-lib';
import {
  ALGORITHMS,
  type Algorithm,
  ISSUER_DEFAULTS as DEFAULTS,
  type IssuerConfig,
  TOKEN_PROFILES,
  type TokenProfile,
} from '../../../lambdas/contract/auth/authorizer-config.ts';
import { about, InvalidPropError } from '../../invalid-prop.ts';
import {
  checkProps,
  DURATION,
  isObject,
  type Kind,
  oneOf,
  optional,
  type PropKinds,
  required,
  text,
  texts,
} from '../props/check-props.ts';
import { wholeSeconds } from '../props/interval.ts';
import { CLAIMS, type Claim } from './claim.ts';
import { type ClaimMappingProps, claimMapping } from './claim-mapping.ts';
import { checkSubjectPrefix, checkSubjectPrefixes } from './subject-prefix.ts';

/** A party whose tokens are accepted. */
export interface JwtIssuer {
  /** The exact `iss` claim of its tokens, an https URL. */
  readonly issuer: string;
  /** Accepted `aud` claims; null, written out, accepts a token made for anybody. */
  readonly audience: string | readonly string[] | null;
  /**
   * Where its keys are, an https URL.
   *
   * @default - what `{issuer}/.well-known/openid-configuration` says (OpenID Connect Discovery 1.0)
   */
  readonly jwksUri?: string;
  /**
   * Signature algorithms, asymmetric ones only: RS, PS and ES with 256, 384 or 512, and EdDSA.
   *
   * @default ['RS256', 'ES256', 'EdDSA']
   */
  readonly algorithms?: readonly Algorithm[];
  /**
   * Allowed clock difference for `exp` and `nbf`, whole seconds up to 300.
   *
   * @default Duration.seconds(5)
   */
  readonly clockTolerance?: Duration;
  /**
   * `rfc9068`: only OAuth access tokens as RFC 9068 §4 has them checked, whose `typ` is `at+jwt`, so that no ID token
   * passes for one; `jwt`: any signed token.
   *
   * @default 'jwt'
   */
  readonly profile?: TokenProfile;
  /**
   * Stands before its subjects, `partner|alice`: 1 to 32 letters, digits, `.`, `_` and `-`. Each of several issuers must
   * state one of its own, since alice of one is not alice of another, or null, written out, which lets it name everybody:
   * the subjects are the same people as those of the others that have null.
   *
   * @default - none, where there is one issuer
   */
  readonly subjectPrefix?: string | null;
  /**
   * Where its tokens say what, as far as it is elsewhere than by default. Cognito: `{ roles: 'cognito:groups' }`, Auth0:
   * `{ roles: 'https://example.com/roles' }`, Keycloak: `{ roles: ['realm_access', 'roles'] }`.
   *
   * @default - sub, email, roles, plan, tenant, and scopes in scp or scope
   */
  readonly claims?: ClaimMappingProps;
  /**
   * What each of its tokens must be beside being signed. The access tokens of Cognito have no `aud`:
   * `[Claim.equals('token_use', 'access'), Claim.oneOf('client_id', ['…'])]`.
   *
   * @default - nothing
   */
  readonly requires?: readonly Claim[];
}

/** One issuer or several; each is checked on its own. */
export const JWT: Kind = { is: isObject, rule: 'an issuer or an array of them', fix: 'write { issuer, audience }' };

const AUDIENCE: Kind = {
  is: (value) => value === null || typeof value === 'string' || texts('').is(value),
  rule: 'a string, an array of strings or null',
  fix: 'give the aud claim of your tokens, or null to accept any',
};

const SUBJECT_PREFIX: Kind = {
  is: (value) => value === null || typeof value === 'string',
  rule: 'a string or null',
  fix: "write one like 'partner', or null for none",
};
const CLAIM_MAPPING: Kind = {
  is: isObject,
  rule: 'an object of claims',
  fix: "write one like { roles: 'cognito:groups' }",
};

const PROPS = {
  issuer: required(text('https://auth.example.com')),
  audience: required(AUDIENCE),
  jwksUri: optional(text('https://auth.example.com/.well-known/jwks.json')),
  algorithms: optional(texts('RS256')),
  clockTolerance: optional(DURATION),
  profile: optional(oneOf(...TOKEN_PROFILES)),
  subjectPrefix: optional(SUBJECT_PREFIX),
  claims: optional(CLAIM_MAPPING),
  requires: optional(CLAIMS),
} satisfies PropKinds<JwtIssuer>;

const CLOCK_TOLERANCE = {
  min: Duration.seconds(0),
  max: Duration.minutes(5),
  reason: 'for that long an expired token is still accepted',
};

/** Issuers as the authorizer function reads them. */
export function issuerConfigs(jwt: JwtIssuer | readonly JwtIssuer[]): readonly IssuerConfig[] {
  const issuers = Array.isArray(jwt) ? (jwt as readonly JwtIssuer[]) : [jwt as JwtIssuer];
  if (issuers.length === 0) {
    throw new InvalidPropError('jwt must name at least one issuer, got []: give { issuer, audience }');
  }
  const seen = new Set<string>();
  const configs = issuers.map((props, index) => {
    const subject = issuers.length > 1 ? `issuer ${nameOf(props) ?? index + 1}` : 'jwt';
    about(subject, () => checkProps(props, PROPS));
    if (seen.has(props.issuer)) {
      throw new InvalidPropError(`each issuer must be given once, got ${props.issuer} twice: merge their audiences`);
    }
    seen.add(props.issuer);
    return issuers.length > 1 ? about(subject, () => issuerConfig(props)) : issuerConfig(props);
  });
  checkSubjectPrefixes(issuers);
  return configs;
}

/** Undefined if the issuer is a CDK token: its text is not known at synth. */
function nameOf(props: JwtIssuer): string | undefined {
  const name: unknown = props?.issuer;
  return typeof name === 'string' && name !== '' && !Token.isUnresolved(name) ? name : undefined;
}

function issuerConfig(props: JwtIssuer): IssuerConfig {
  httpsUrl('issuer', props.issuer);
  if (props.jwksUri !== undefined) httpsUrl('jwksUri', props.jwksUri);
  const { profile = DEFAULTS.profile, subjectPrefix = null } = props;
  const algorithms: readonly Algorithm[] = props.algorithms ?? DEFAULTS.algorithms;
  if (subjectPrefix !== null) checkSubjectPrefix(subjectPrefix);
  for (const algorithm of algorithms) {
    if (!ALGORITHMS.includes(algorithm)) {
      throw new InvalidPropError(
        `algorithms must be among ${ALGORITHMS.join(', ')}, got ${algorithm}: only asymmetric signatures are accepted, since a shared secret would let every verifier sign`,
      );
    }
  }
  if (algorithms.length === 0) {
    throw new InvalidPropError(
      `algorithms must name at least one of ${ALGORITHMS.join(', ')}, got []: leave it out for ${DEFAULTS.algorithms.join(', ')}`,
    );
  }
  if (props.requires?.length === 0) {
    throw new InvalidPropError(
      "requires must name at least one claim, got []: leave it out to ask for none, or write [Claim.equals('token_use', 'access')]",
    );
  }
  const audience = audiences(props.audience);
  if (audience === null && profile === 'rfc9068') {
    throw new InvalidPropError(
      "audience must be named with profile 'rfc9068', got null: RFC 9068 §4 has each token checked for whom it was made; give the aud claim of your tokens, or leave the profile out",
    );
  }
  return {
    issuer: props.issuer,
    audience,
    jwksUri: props.jwksUri ?? DEFAULTS.jwksUri,
    algorithms: [...new Set(algorithms)],
    clockToleranceS: wholeSeconds(
      'clockTolerance',
      props.clockTolerance ?? Duration.seconds(DEFAULTS.clockToleranceS),
      CLOCK_TOLERANCE,
    ),
    profile,
    subjectPrefix: subjectPrefix ?? DEFAULTS.subjectPrefix,
    mapping: props.claims ? about('claims', () => claimMapping(props.claims ?? {})) : DEFAULTS.mapping,
    requires: props.requires?.map(({ test }) => test) ?? DEFAULTS.requires,
  };
}

function audiences(audience: JwtIssuer['audience']): readonly string[] | null {
  if (audience === null) return null;
  const accepted = typeof audience === 'string' ? [audience] : audience;
  if (accepted.length === 0 || accepted.some((name) => name.trim() === '')) {
    throw new InvalidPropError(
      `audience must name whom tokens are made for, got ${JSON.stringify(audience)}: give the aud claim of your tokens, or null to accept any`,
    );
  }
  return accepted;
}

function httpsUrl(name: string, value: string): void {
  if (Token.isUnresolved(value)) return;
  if (!value.startsWith('https://') || !URL.canParse(value)) {
    throw new InvalidPropError(
      `${name} must be an https URL, got ${JSON.stringify(value)}: write one like https://auth.example.com; keys fetched any other way could be anybody's`,
    );
  }
}
