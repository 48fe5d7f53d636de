import { Duration, Lazy } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { type AuthorizerConfig, DEFAULT_MAPPING } from '../../../../lambdas/contract/auth/authorizer-config.ts';
import { Claim } from '../../../../lib/gateway/auth/claim.ts';
import { issuerConfigs, type JwtIssuer } from '../../../../lib/gateway/auth/jwt-issuer.ts';
import { decodeAuthorizerConfig, documentJson } from '../../../support/documents.ts';
import { JWT } from '../../support/stacks.ts';

describe('issuers', () => {
  it('are asked where their keys are, and have the defaults of the props page', () => {
    expect(issuerConfigs(JWT)).toEqual([
      {
        issuer: 'https://auth.example.com',
        audience: ['api'],
        jwksUri: null,
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        clockToleranceS: 5,
        profile: 'jwt',
        subjectPrefix: '',
        mapping: DEFAULT_MAPPING,
        requires: [],
      },
    ]);
  });

  it('keep the slash that ends the claim', () => {
    const [config] = issuerConfigs({ issuer: 'https://tenant.example.com/', audience: null });
    expect(config).toMatchObject({
      issuer: 'https://tenant.example.com/',
      audience: null,
    });
  });

  it('may be several', () => {
    const configs = issuerConfigs([
      { ...JWT, subjectPrefix: null },
      {
        issuer: 'https://other.example.com',
        audience: ['a', 'b'],
        jwksUri: 'https://keys.example.com/jwks',
        algorithms: ['ES256', 'PS512', 'ES256'],
        clockTolerance: Duration.seconds(0),
        profile: 'rfc9068',
        subjectPrefix: 'partner',
        claims: { roles: ['realm_access', 'roles'], scopes: 'permissions', plan: null },
        requires: [Claim.equals('token_use', 'access')],
      },
    ]);
    expect(configs[1]).toEqual({
      issuer: 'https://other.example.com',
      audience: ['a', 'b'],
      jwksUri: 'https://keys.example.com/jwks',
      algorithms: ['ES256', 'PS512'],
      clockToleranceS: 0,
      profile: 'rfc9068',
      subjectPrefix: 'partner',
      mapping: { ...DEFAULT_MAPPING, roles: '/realm_access/roles', scopes: '/permissions', plan: null },
      requires: [{ claim: '/token_use', op: 'equals', value: 'access' }],
    });
  });

  it('are read by the authorizer function as they were written', () => {
    const issuers = issuerConfigs({ ...JWT, claims: { roles: 'cognito:groups', scopes: null } });
    const config: AuthorizerConfig = {
      gateway: 'edge',
      rejections: 'explained',
      issuers,
      claims: [],
      policies: [],
      services: {},
      routes: {},
    };
    expect(decodeAuthorizerConfig(documentJson(config))).toEqual(config);
  });

  it('may all have the same subjects, where each says so', () => {
    const second = { ...JWT, issuer: 'https://other.example.com', subjectPrefix: null };
    const configs = issuerConfigs([{ ...JWT, subjectPrefix: null }, second]);
    expect(configs.map(({ subjectPrefix }) => subjectPrefix)).toEqual(['', '']);
  });

  it('may be known at deployment only', () => {
    const issuer = Lazy.string({ produce: () => 'https://cognito' });
    expect(issuerConfigs({ issuer, audience: 'api' })[0]?.issuer).toBe(issuer);
  });

  const OTHER = { ...JWT, issuer: 'https://other.example.com' };
  const wrong: readonly [string, JwtIssuer | readonly JwtIssuer[], RegExp][] = [
    [
      'http',
      { ...JWT, issuer: 'http://auth.example.com' },
      /issuer must be an https URL, got "http:\/\/auth.example.com": /,
    ],
    ['no URL', { ...JWT, issuer: 'auth' }, /issuer must be an https URL, got "auth": /],
    ['keys over http', { ...JWT, jwksUri: 'http://auth.example.com/jwks' }, /jwksUri must be an https URL, got "http/],
    [
      'an empty audience',
      { ...JWT, audience: '' },
      /audience must name whom tokens are made for, got "": .*null to accept any/,
    ],
    ['no audience', { ...JWT, audience: [] }, /audience must name whom tokens are made for, got \[\]: /],
    [
      'an algorithm with a shared secret',
      { ...JWT, algorithms: ['HS256' as 'RS256'] },
      /algorithms must be among RS256, RS384, .* ES512, EdDSA, got HS256: /,
    ],
    [
      'no algorithm',
      { ...JWT, algorithms: [] },
      /algorithms must name at least one of RS256, .*, got \[\]: leave it out for RS256, ES256, EdDSA/,
    ],
    [
      'an hour of tolerance',
      { ...JWT, clockTolerance: Duration.hours(1) },
      /clockTolerance must be between 0 s and 5 min, got 1 h: /,
    ],
    [
      'a tolerance of parts of a second',
      { ...JWT, clockTolerance: Duration.millis(400) },
      /clockTolerance must be whole seconds, got 400 ms: write Duration.seconds\(1\)/,
    ],
    ['no issuer', [], /jwt must name at least one issuer, got \[\]: /],
    [
      'access tokens for anybody',
      { ...JWT, audience: null, profile: 'rfc9068' },
      /audience must be named with profile 'rfc9068', got null: RFC 9068 §4 /,
    ],
    ['another profile', { ...JWT, profile: 'at+jwt' as 'jwt' }, /profile must be 'jwt' or 'rfc9068', got "at\+jwt": /],
    [
      'no word on its subjects beside another',
      [{ ...JWT, subjectPrefix: null }, OTHER],
      /each of several issuers must state its subjectPrefix, got none at https:\/\/other.example.com: alice of one issuer/,
    ],
    [
      'the prefix of another',
      [
        { ...JWT, subjectPrefix: 'a' },
        { ...OTHER, subjectPrefix: 'a' },
      ],
      /each issuer must have a subjectPrefix of its own, got "a" at https:\/\/auth.example.com and https:\/\/other/,
    ],
    ...['', 'a|b', 'a b', 'a'.repeat(33)].map((subjectPrefix): [string, JwtIssuer, RegExp] => [
      `the prefix ${JSON.stringify(subjectPrefix)}`,
      { ...JWT, subjectPrefix },
      /subjectPrefix must be 1 to 32 letters, digits and \. _ -, got ".*": write one like 'partner'/,
    ]),
    [
      'a misspelt claim',
      { ...JWT, claims: { role: 'groups' } as object },
      /claims: props must be among sub, email, roles, scopes, plan, tenant, got "role": write roles/,
    ],
    [
      'no subject',
      { ...JWT, claims: { sub: null as unknown as string } },
      /claims: sub must be the name of a claim, or the names that lead to it, got null: /,
    ],
    [
      'an empty claim',
      { ...JWT, claims: { roles: [] } },
      /claims: roles must be the name of a claim, or .*, got \[\]: .*, or null for none/,
    ],
    [
      'what it requires as data',
      { ...JWT, requires: [{}] as unknown as Claim[] },
      /requires must be an array of Claims/,
    ],
    [
      'nothing that it requires',
      { ...JWT, requires: [] },
      /requires must name at least one claim, got \[\]: leave it out/,
    ],
    [
      'one of several that is wrong',
      [
        { ...JWT, subjectPrefix: null },
        { ...JWT, issuer: 'https://partner.example.com', subjectPrefix: 'partner', algorithms: ['HS256' as 'RS256'] },
      ],
      /^issuer https:\/\/partner.example.com: algorithms must be among /,
    ],
    ...[{ audience: 'api' }, { ...JWT, issuer: '' }, null, 'https://partner.example.com'].map(
      (second): [string, readonly JwtIssuer[], RegExp] => [
        `one of several that has no name, ${JSON.stringify(second)},`,
        [{ ...JWT, subjectPrefix: null }, second as unknown as JwtIssuer],
        /^issuer 2: (?:issuer|props) must be /,
      ],
    ),
    [
      'one of several whose name is known at deployment only',
      [
        { ...JWT, subjectPrefix: null },
        { ...JWT, issuer: Lazy.string({ produce: () => 'https://cognito' }), audience: '' },
      ],
      /^issuer 2: audience must name /,
    ],
    [
      'a prefix that is none at one of several',
      [
        { ...JWT, subjectPrefix: null },
        { ...OTHER, subjectPrefix: 'a|b' },
      ],
      /^issuer https:\/\/other.example.com: subjectPrefix must be 1 to 32 /,
    ],
    ['no address', { ...JWT, issuer: 'auth.example.com' }, /issuer must be an https URL, .*: write one like https:/],
    ['an issuer twice', [JWT, JWT], /each issuer must be given once, got https:\/\/auth.example.com twice: /],
  ];
  it.each(wrong)('with %s are refused', (_, jwt, message) => {
    expect(() => issuerConfigs(jwt)).toThrow(message);
  });
});
