import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { Duration } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_IDENTITY_HEADERS, IDENTITY_FIELDS } from '../../lambdas/contract/auth/identity-headers.ts';
import { REBUILT_HEADERS, UNTRUSTED_HEADERS } from '../../lambdas/contract/untrusted-headers.ts';
import { Auth } from '../../lib/gateway/auth/auth.ts';
import { Claim } from '../../lib/gateway/auth/claim.ts';
import { CircuitBreaker } from '../../lib/gateway/circuit/circuit-breaker.ts';
import { corsOptions } from '../../lib/gateway/edge/cors.ts';
import { RateLimit } from '../../lib/gateway/limits/rate-limit.ts';
import type { Service } from '../../lib/gateway/service.ts';
import { JWT, refusalOf, serviceProps, type TestGateway, testGateway } from './support/stacks.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/props.md'), 'utf8');

function section(heading: string): string {
  const found = PAGE.split(/^#{2,3} /m).find((text) => text.startsWith(heading));
  if (found === undefined) throw new Error(`no section ${heading}`);
  return found;
}

/** The rows of the section's tables, by what stands in their first column. */
function rows(heading: string): ReadonlyMap<string, string> {
  return new Map(
    [...section(heading).matchAll(/^\| (.+?) +\|(.*)\|$/gm)].map(([, first = '', rest = '']) => [
      first.replaceAll('`', ''),
      rest,
    ]),
  );
}

/** What the code says that it takes, when it refuses a prop that there is not. */
function taken(call: (props: never) => unknown): string[] {
  const refusal = refusalOf(() => call({ '-': 0 } as never));
  return /props must be among (.*), got "-"/.exec(refusal)?.[1]?.split(', ').sort() ?? [];
}

function listed(heading: string): string[] {
  return [...rows(heading).keys()].filter((key) => /^\w+$/.test(key) && key !== 'prop').sort();
}

describe('docs/props.md', () => {
  let test: TestGateway;
  let service: Service;
  beforeAll(() => {
    test = testGateway();
    service = test.gateway.addService('users', serviceProps());
  });

  it.each<[string, (props: never) => unknown]>([
    ['`new Gateway(', (props: object) => testGateway(props)],
    ['Issuer', (props: object) => testGateway({ jwt: { ...JWT, ...props } })],
    ['Claims of an issuer', (claims: object) => testGateway({ jwt: { ...JWT, claims } })],
    ['What a credential must hold', (props: object) => Auth.apiKey(props)],
    ['`gateway.addService(', (props: never) => test.gateway.addService('other', props)],
    ['`service.addRoute(', (props: never) => service.addRoute('GET /a', props)],
    ['Limit options', (options: never) => RateLimit.perClient(1, Duration.minutes(1), options)],
    ['Token bucket', (props: never) => RateLimit.tokenBucket(props)],
    ['`CircuitBreaker.of(', (props: never) => CircuitBreaker.of(props)],
    ['Fallback', (fallback: never) => CircuitBreaker.of({ fallback })],
    ['Domain', (props: never) => testGateway({ domain: props })],
  ])('lists under %s the props that there are', (heading, call) => {
    expect(listed(heading)).toEqual(taken(call));
    expect(listed(heading)).not.toEqual([]);
  });

  it('lists the props of a foundation, and only these', () => {
    const source = readFileSync(join(import.meta.dirname, '../../lib/foundation/foundation-props.ts'), 'utf8');
    const [, props = ''] = /interface FoundationStackProps extends StackProps \{(.*?)^\}/ms.exec(source) ?? [];
    const names = [...props.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name = '']) => name);
    expect(names).toContain('cacheKind');
    expect(listed('`new FoundationStack(')).toEqual(names.sort());
  });

  it('lists the fields of an environment, and only these', () => {
    const source = readFileSync(join(import.meta.dirname, '../../lib/environments.ts'), 'utf8');
    const [, fields = ''] = /interface Environment \{(.*?)^\}/ms.exec(source) ?? [];
    const names = [...fields.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name);
    const rowsOf = rows('Environments, `lib/environments.ts`');
    expect([...rowsOf.keys()].filter((key) => key !== 'field' && /^\w/.test(key)).sort()).toEqual(names.sort());
  });

  it('lists the headers that do not go on, with the reason of each', () => {
    const listed = rows('Headers that do not go on');
    for (const { reason, names } of UNTRUSTED_HEADERS) {
      expect(listed.get(names.join(', '))?.trim()).toBe(reason);
    }
    expect(listed.size).toBe(UNTRUSTED_HEADERS.length + 2);
    for (const name of REBUILT_HEADERS) expect(section('Headers that do not go on')).toContain(`\`${name}\``);
  });

  it('has examples of services that run as they stand', () => {
    const given = { Auth, CircuitBreaker, Claim, Duration, RateLimit };
    const examples = [...PAGE.matchAll(/^```ts\n(gateway\.addService\(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(examples.filter((code) => code.includes('CircuitBreaker'))).toHaveLength(2);
    for (const code of examples) {
      // Two of them have the same name: each has a gateway of its own.
      const { gateway } = testGateway();
      const names = { ...given, gateway };
      const run = compileFunction(code, Object.keys(names));
      expect(() => run(...Object.values(names)), code).not.toThrow();
    }
  });

  it('has imports, of all that lib/gateway-stack.ts does not import, that find what they name', async () => {
    const imports = [...PAGE.matchAll(/^`import \{ (\w+) \} from '\.(\/gateway\/[\w/-]+\.ts)';`/gm)];
    expect(imports.map(([, name]) => name)).toEqual(['Claim', 'CircuitBreaker']);
    for (const [, name = '', path] of imports) {
      const file = join(import.meta.dirname, `../../lib${path}`);
      expect(await import(file)).toHaveProperty(name);
    }
  });

  it.each([RateLimit, Auth, Claim])('lists each that there is of $name', (type) => {
    const factory = new RegExp(`^${type.name}\\.(\\w+)`);
    const listed = [...rows(`${type.name}\n`).keys()].flatMap((key) => factory.exec(key)?.[1] ?? []);
    const factories = Object.getOwnPropertyNames(type).filter((name) => /^\w+$/.test(name));
    expect(listed.sort()).toEqual(factories.filter((name) => !['length', 'name', 'prototype'].includes(name)).sort());
  });

  it('lists the default identity headers, and all that one may tell', () => {
    const told = [...rows('Identity headers')].filter(([header]) => header.startsWith('x-'));
    expect(Object.fromEntries(told.map(([header, field]) => [header, field.replace(/[` |]/g, '')]))).toEqual(
      DEFAULT_IDENTITY_HEADERS,
    );
    for (const field of IDENTITY_FIELDS) expect(section('Identity headers')).toContain(`\`${field}\``);
  });

  it('lists the headers and methods of CORS', () => {
    const { allowMethods, allowHeaders, exposeHeaders } = corsOptions(['*']);
    const names = (row: string) => [...(rows('CORS').get(row) ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(names('methods')).toEqual(allowMethods);
    expect(names('request headers')).toEqual(allowHeaders);
    expect(names('response headers that a page may read')).toEqual(exposeHeaders);
  });
});
