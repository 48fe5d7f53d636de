import { describe, expect, it } from 'vitest';
import { addStacks } from '../../lib/app.ts';
import { type Environment, environmentOf } from '../../lib/environments.ts';
import { issuerConfigs } from '../../lib/gateway/auth/jwt-issuer.ts';
import { testApp } from './support/stacks.ts';

describe('an environment', () => {
  it.each([
    ['dev', ['https://auth.example.com', 'https://partner.example.com']],
    ['prod', ['https://auth.example.com']],
  ])('%s is known with its issuers', (name, issuers) => {
    const { jwt, ...environment } = environmentOf(name);
    expect(environment).toMatchObject({ name, foundation: { egress: 'none' } });
    expect(issuerConfigs(jwt).map(({ issuer }) => issuer)).toEqual(issuers);
  });

  it('has metrics of its own, so that dev never opens a circuit of prod', () => {
    expect(environmentOf('dev').namespace).not.toBe(environmentOf('prod').namespace);
  });

  it.each([
    [{ env: { account: '123456789012' } }, 'env: region must be an AWS region, got undefined'],
    [
      { env: { account: 123456789012, region: 'eu-central-1' } },
      'env: account must be the 12 digits of an AWS account',
    ],
    [{ env: { account: '123456789012', region: 'Frankfurt' } }, 'env: region must be an AWS region, got "Frankfurt"'],
    [{ env: 'eu-central-1' }, 'env must be an account and a region, got "eu-central-1"'],
    [{ foundation: undefined }, 'foundation must be an object, got undefined'],
    [{ foundation: { egres: 'nat' } }, 'got "egres": write egress'],
    [{ corsOrigin: ['*'] }, 'got "corsOrigin": write corsOrigins'],
    [{ namespace: undefined }, 'namespace must be a string, got undefined'],
    [{ name: 'my env' }, 'name must be at most 31 letters, digits and hyphens, got "my env"'],
  ])('is refused with %j', (changes, message) => {
    const wrong = { ...environmentOf('dev'), ...changes } as Environment;
    expect(() => addStacks(testApp(), wrong)).toThrow(message);
  });

  it('that is unknown is refused with the known ones', () => {
    expect(() => environmentOf('staging')).toThrow(
      'env must be one of dev, prod, got "staging": add it to lib/environments.ts or choose with -c env=NAME',
    );
  });
});
