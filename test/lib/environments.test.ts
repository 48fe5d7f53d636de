import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../lib/environments.ts';
import { issuerConfigs } from '../../lib/gateway/jwt-issuer.ts';

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

  it('that is unknown is refused with the known ones', () => {
    expect(() => environmentOf('staging')).toThrow(
      'env must be one of dev, prod, got "staging": add it to lib/environments.ts or choose with -c env=NAME',
    );
  });
});
