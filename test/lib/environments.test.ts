import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../lib/environments.ts';

describe('an environment', () => {
  it.each(['dev', 'prod'])('%s is known with its issuer', (name) => {
    expect(environmentOf(name)).toMatchObject({
      name,
      jwt: { issuer: 'https://auth.example.com', audience: 'api' },
      foundation: { egress: 'none' },
    });
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
