import { Duration, Token } from 'aws-cdk-lib';
import { ALGORITHMS, type Algorithm, type IssuerConfig } from '../../lambdas/contract/authorizer-config.ts';
import { about, InvalidPropError } from '../invalid-prop.ts';
import {
  checkProps,
  DURATION,
  isObject,
  type Kind,
  optional,
  type PropKinds,
  required,
  text,
  texts,
} from './check-props.ts';
import { intervalMs } from './interval.ts';

/** A party whose tokens are accepted. */
export interface JwtIssuer {
  /** The exact `iss` claim of its tokens, an https URL. */
  readonly issuer: string;
  /** Accepted `aud` claims; null, written out, accepts a token made for anybody. */
  readonly audience: string | readonly string[] | null;
  /** @default - `{issuer}/.well-known/jwks.json` */
  readonly jwksUri?: string;
  /**
   * Signature algorithms, asymmetric ones only.
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
}

/** One issuer or several; what is in each is checked by itself. */
export const JWT: Kind = { is: isObject, rule: 'an issuer or an array of them', fix: 'write { issuer, audience }' };

const AUDIENCE: Kind = {
  is: (value) => value === null || typeof value === 'string' || texts('').is(value),
  rule: 'a string, an array of strings or null',
  fix: 'give the aud claim of your tokens, or null to accept any',
};

const PROPS = {
  issuer: required(text('https://auth.example.com')),
  audience: required(AUDIENCE),
  jwksUri: optional(text('https://auth.example.com/.well-known/jwks.json')),
  algorithms: optional(texts('RS256')),
  clockTolerance: optional(DURATION),
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
  return issuers.map((props) => {
    about('jwt', () => checkProps(props, PROPS));
    if (seen.has(props.issuer)) {
      throw new InvalidPropError(`each issuer must be given once, got ${props.issuer} twice: merge their audiences`);
    }
    seen.add(props.issuer);
    return issuerConfig(props);
  });
}

function issuerConfig(props: JwtIssuer): IssuerConfig {
  httpsUrl('issuer', props.issuer);
  const jwksUri = props.jwksUri ?? `${props.issuer.replace(/\/+$/, '')}/.well-known/jwks.json`;
  httpsUrl('jwksUri', jwksUri);
  const algorithms = props.algorithms ?? ALGORITHMS;
  for (const algorithm of algorithms) {
    if (!ALGORITHMS.includes(algorithm)) {
      throw new InvalidPropError(
        `algorithms must be among ${ALGORITHMS.join(', ')}, got ${algorithm}: only asymmetric signatures are accepted, since a shared secret would let every verifier sign`,
      );
    }
  }
  if (algorithms.length === 0) {
    throw new InvalidPropError(
      `algorithms must name at least one of ${ALGORITHMS.join(', ')}, got []: leave it out to accept all of them`,
    );
  }
  return {
    issuer: props.issuer,
    audience: audiences(props.audience),
    jwksUri,
    algorithms,
    clockToleranceS: wholeSeconds(props.clockTolerance ?? Duration.seconds(5)),
  };
}

function wholeSeconds(clockTolerance: Duration): number {
  const milliseconds = intervalMs('clockTolerance', clockTolerance, CLOCK_TOLERANCE);
  if (milliseconds % 1000 !== 0) {
    throw new InvalidPropError(
      `clockTolerance must be whole seconds, got ${milliseconds} ms: the times in a token are, so write Duration.seconds(${Math.ceil(milliseconds / 1000)})`,
    );
  }
  return milliseconds / 1000;
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
      `${name} must be an https URL, got ${JSON.stringify(value)}: keys fetched any other way could be anybody's`,
    );
  }
}
