import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RoutePolicy, ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { hasDotSegment, readingsOf } from '../../../../lambdas/core/http/path-readings.ts';
import { routeSelector } from '../../../../lambdas/core/http/route-match.ts';
import { pathBelow, upstreamPath } from '../../../../lambdas/core/http/upstream-path.ts';
import { servicePolicy } from '../../../support/policy.ts';
import { PATH_READERS, type PathReader } from '../../../support/upstreams/path-readers.ts';

const OPEN: RoutePolicy = { auth: { type: 'none' }, limits: [], cost: 1 };
const PREFIX = '/api/payments';
const GREEDY = `ANY ${PREFIX}/{proxy+}`;

/** What an upstream serves behind policies of their own, the more special first. */
const SERVED: readonly (readonly [path: string, pattern: string])[] = [
  ['/refunds', '/refunds'],
  ['/admin/users', '/admin/users'],
  ['/{id}/card', '/[^/]+/card'],
  ['/admin/{proxy+}', '/admin/.+'],
];

/** The request target that leaves the gateway for a path as API Gateway hands it over, and the policies that held. */
function gatewayOf(stripPrefix: boolean) {
  const routes = Object.fromEntries(SERVED.map(([path]) => [`GET ${PREFIX}${path}`, OPEN]));
  const policy: ServicePolicy = servicePolicy({ prefix: PREFIX, stripPrefix, default: OPEN, routes });
  const select = routeSelector(policy);
  return (path: string) => {
    const readings = readingsOf(pathBelow(PREFIX, path) ?? path);
    if (readings === undefined || readings.some(hasDotSegment)) return undefined;
    const target = upstreamPath(path, policy, '');
    return 'refused' in target ? undefined : { target: target.path, held: select(GREEDY, 'GET', readings).keys };
  };
}

/** The key of the route that such an upstream would serve. */
function servedBy(reader: PathReader, target: string, below: string): string | undefined {
  const path = reader.read(target);
  const end = reader.ignoresExtension ? '(?:\\.[^/]*)?$' : '$';
  const flags = reader.ignoresCase ? 'is' : 's';
  const route = SERVED.find(([, pattern]) => new RegExp(`^${below}${pattern}${end}`, flags).test(path ?? ''));
  return route && `GET ${PREFIX}${route[0]}`;
}

const fragment = fc.oneof(
  fc.constantFrom('/', '/', '/', '//', '\\', '%2f', '%5c', '%252f', '%25252f', '%u002f'),
  fc.constantFrom(
    'refunds',
    'REFUNDS',
    '%72efunds',
    '%2572efunds',
    'card',
    'Card',
    'admin',
    'users',
    '42',
    'x',
    'x:99999',
  ),
  fc.constantFrom(
    '?',
    '#',
    ';',
    '%3f',
    '%23',
    '%3b',
    '%00',
    '\0',
    '%0a',
    '\n',
    '\t',
    '%09',
    ' ',
    '%20',
    '+',
    '.',
    '%2e',
  ),
  fc.constantFrom('.json', '.xml', 'index.php', '.php', ';v=1', ';jsessionid=1', '@', 'é', '%c3%a9', '%ff', '%', '%25'),
);
const hostile = fc.array(fragment, { minLength: 1, maxLength: 9 }).map((parts) => `${PREFIX}/${parts.join('')}`);
/** A served path with something hostile around or within it. */
const disguised = fc
  .tuple(
    fc.constantFrom('refunds', 'admin/users', '42/card', 'admin/x'),
    fc.array(fc.tuple(fc.nat(14), fragment), { maxLength: 5 }),
  )
  .map(([path, insertions]) =>
    insertions.reduce((text, [at, part]) => text.slice(0, at) + part + text.slice(at), `/${path}`),
  )
  .map((below) => `${PREFIX}${below.startsWith('/') ? '' : '/'}${below}`);

describe.each(PATH_READERS)('behind an upstream that reads like $name', (reader) => {
  it.each([true, false])(
    'no spelling of a path escapes the policy of the route it is served by (prefix stripped: %s)',
    (stripped) => {
      const gateway = gatewayOf(stripped);
      const below = stripped ? '' : PREFIX;
      fc.assert(
        fc.property(fc.oneof(hostile, disguised), (path) => {
          const sent = gateway(path);
          const served = sent && servedBy(reader, sent.target, below);
          if (served) expect(sent.held).toContain(served);
        }),
        { numRuns: 600 },
      );
    },
  );
});

it('the models see the special routes often enough to prove something', () => {
  const gateway = gatewayOf(true);
  for (const reader of PATH_READERS) {
    const served = fc.sample(disguised, { numRuns: 400, seed: 1 }).filter((path) => {
      const sent = gateway(path);
      return sent && servedBy(reader, sent.target, '');
    });
    expect(served.length, reader.name).toBeGreaterThan(20);
  }
});
