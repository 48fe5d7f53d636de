import { Duration, Lazy } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { issuerConfigs, type JwtIssuer } from '../../../lib/gateway/jwt-issuer.ts';
import { JWT } from '../support/stacks.ts';

describe('issuers', () => {
  it('are encoded with where their keys are and every algorithm that is safe', () => {
    expect(issuerConfigs(JWT)).toEqual([
      {
        issuer: 'https://auth.example.com',
        audience: ['api'],
        jwksUri: 'https://auth.example.com/.well-known/jwks.json',
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        clockToleranceS: 5,
      },
    ]);
  });

  it('keep the slash that ends the claim, and find their keys all the same', () => {
    const [config] = issuerConfigs({ issuer: 'https://tenant.example.com/', audience: null });
    expect(config).toMatchObject({
      issuer: 'https://tenant.example.com/',
      audience: null,
      jwksUri: 'https://tenant.example.com/.well-known/jwks.json',
    });
  });

  it('may be several', () => {
    const configs = issuerConfigs([
      JWT,
      {
        issuer: 'https://other.example.com',
        audience: ['a', 'b'],
        jwksUri: 'https://keys.example.com/jwks',
        algorithms: ['ES256'],
        clockTolerance: Duration.seconds(0),
      },
    ]);
    expect(configs[1]).toEqual({
      issuer: 'https://other.example.com',
      audience: ['a', 'b'],
      jwksUri: 'https://keys.example.com/jwks',
      algorithms: ['ES256'],
      clockToleranceS: 0,
    });
  });

  it('may be known at deployment only', () => {
    const issuer = Lazy.string({ produce: () => 'https://cognito' });
    expect(issuerConfigs({ issuer, audience: 'api' })[0]?.issuer).toBe(issuer);
  });

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
      /algorithms must be among RS256, ES256, EdDSA, got HS256: /,
    ],
    ['no algorithm', { ...JWT, algorithms: [] }, /algorithms must name at least one of RS256, ES256, EdDSA, got \[\]/],
    [
      'an hour of tolerance',
      { ...JWT, clockTolerance: Duration.hours(1) },
      /clockTolerance must be between 0 ms and 300 s, got 3600 s: /,
    ],
    [
      'a tolerance of parts of a second',
      { ...JWT, clockTolerance: Duration.millis(400) },
      /clockTolerance must be whole seconds, got 400 ms: .*write Duration.seconds\(1\)/,
    ],
    ['no issuer', [], /jwt must name at least one issuer, got \[\]: /],
    ['an issuer twice', [JWT, JWT], /each issuer must be given once, got https:\/\/auth.example.com twice: /],
  ];
  it.each(wrong)('with %s are refused', (_, jwt, message) => {
    expect(() => issuerConfigs(jwt)).toThrow(message);
  });
});
