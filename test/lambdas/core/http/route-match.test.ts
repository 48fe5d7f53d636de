import { describe, expect, it } from 'vitest';
import { type AuthPolicy, acceptance } from '../../../../lambdas/contract/auth/auth-policy.ts';
import type { RoutePolicy } from '../../../../lambdas/contract/policy.ts';
import { readingsOf } from '../../../../lambdas/core/http/path-readings.ts';
import { routeSelector, type SelectedRoute } from '../../../../lambdas/core/http/route-match.ts';
import { pathBelow } from '../../../../lambdas/core/http/upstream-path.ts';
import { servicePolicy, windowLimit } from '../../../support/policy.ts';

const GREEDY = 'ANY /api/payments/{proxy+}';

function needing(...scopes: string[]): AuthPolicy {
  return { type: 'required', accepts: [acceptance('jwt', { scopes })] };
}

function route(limit: number, ...scopes: string[]): RoutePolicy {
  return { auth: needing(...scopes), limits: [windowLimit(limit, 60_000)], cost: 1 };
}

const PUBLIC: RoutePolicy = { auth: { type: 'none' }, limits: [], cost: 1 };

function selector(routes: Record<string, RoutePolicy>, standard: RoutePolicy = route(100)) {
  const select = routeSelector(servicePolicy({ prefix: '/api/payments', default: standard, routes }));
  return (routeKey: string, method: string, path: string): SelectedRoute =>
    select(routeKey, method, readingsOf(pathBelow('/api/payments', path) ?? path) ?? []);
}

/** What a request has that is held to these policies, and counted under the limits of these routes. */
function held(policies: RoutePolicy | readonly RoutePolicy[], ...keys: SelectedRoute['keys']): SelectedRoute {
  const all = [policies].flat();
  return { keys, auth: all.map(({ auth }) => auth), cost: Math.max(...all.map(({ cost }) => cost)) };
}

describe('a request that API Gateway matched', () => {
  const refunds = route(5, 'refund');
  const select = selector({ 'POST /api/payments/refunds': refunds });

  it('to a special route has that route and its very policy', () => {
    expect(select('POST /api/payments/refunds', 'POST', '/api/payments/refunds')).toEqual(
      held(refunds, 'POST /api/payments/refunds'),
    );
  });

  it.each([
    '/api/payments',
    '/api/payments/refunds/7',
    '/api/payments/refund',
    '/api/payments/x/refunds',
    '/api/payments/refundsx',
  ])('to the default route, at %s, has the default policy', (path) => {
    expect(select(GREEDY, 'POST', path)).toEqual(held(route(100), GREEDY));
  });

  it('with a method of another route has the default policy', () => {
    expect(select(GREEDY, 'GET', '/api/payments/refunds')).toEqual(held(route(100), GREEDY));
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'with the route key %s gets no policy out of a prototype',
    (routeKey) => {
      expect(select(routeKey, 'POST', '/api/payments/other')).toEqual(held(route(100), routeKey));
    },
  );
});

describe('another spelling of a special path', () => {
  const select = selector({
    'POST /api/payments/refunds': route(5, 'refund'),
    'GET /api/payments/{id}/card': route(6, 'card'),
    'ANY /api/payments/admin/{proxy+}': route(7, 'admin'),
  });

  it.each([
    ['POST', '//refunds', 'refund'],
    ['POST', '/refunds/', 'refund'],
    ['POST', '/refunds//', 'refund'],
    ['POST', '/Refunds', 'refund'],
    ['POST', '/REFUNDS', 'refund'],
    ['POST', '/%72efunds', 'refund'],
    ['POST', '/%2572efunds', 'refund'],
    ['POST', '/%2Frefunds', 'refund'],
    ['POST', '/\\refunds', 'refund'],
    ['POST', '/refunds;v=1', 'refund'],
    ['POST', '/;x=/refunds', 'refund'],
    ['GET', '//42/card', 'card'],
    ['GET', '/42/CARD/', 'card'],
    ['HEAD', '/42/card', 'card'],
    ['GET', '/%ff%2fcard', 'card'],
    ['GET', '/a%0Ab/card/', 'card'],
    ['GET', '//admin/x', 'admin'],
    ['DELETE', '/Admin/x/y/z', 'admin'],
    ['GET', '//admin/x%0Ay', 'admin'],
    ['GET', '/%61dmin%2f%ff', 'admin'],
    ['GET', '/admin;v=1/x', 'admin'],
    ['POST', '//x/refunds', 'refund'],
    ['POST', '//x:99999/refunds', 'refund'],
    ['POST', '/%2fx/refunds', 'refund'],
    ['POST', '/refunds%3fx', 'refund'],
    ['POST', '/refunds%23x', 'refund'],
    ['POST', '/refunds%00x', 'refund'],
    ['POST', '/refunds;/x', 'refund'],
    ['POST', '/refunds.json', 'refund'],
    ['POST', '/Refunds.XML', 'refund'],
    ['POST', '/refunds.', 'refund'],
    ['POST', '/refunds.tar.gz', 'refund'],
    ['POST', '/refunds.json%3fx', 'refund'],
    ['POST', '/refund\u017F', 'refund'],
    ['POST', '/index.php/refunds', 'refund'],
    ['GET', '/a%252fb/CARD', 'card'],
    ['GET', '/a\\b/CARD', 'card'],
    ['GET', '/;x/CARD', 'card'],
    ['GET', '/42/card.pdf', 'card'],
    ['POST', '/refunds%20.', 'refund'],
    ['POST', '/refunds%20%2e', 'refund'],
    ['GET', '/admin+/%09', 'admin'],
    ['GET', '//admin//users', 'admin'],
  ])('%s %s has the special policy', (method, path, scope) => {
    expect(select(GREEDY, method, `/api/payments${path}`).auth).toEqual([needing(), needing(scope)]);
  });

  it.each(['%0a', '\n', '%20', '%00', '/%09', '%2500', '/%20/'])('has its policy with %j behind it', (behind) => {
    expect(select(GREEDY, 'POST', `/api/payments/refunds${behind}`)).toEqual(
      held([route(100), route(5, 'refund')], 'POST /api/payments/refunds', GREEDY),
    );
  });

  it('has the policies of all that readers may see who do or do not drop a blank segment', () => {
    const below = 'ANY /api/payments/admin/{proxy+}';
    expect(select(GREEDY, 'GET', '/api/payments//admin/%20')).toEqual(
      held([route(100), route(7, 'admin')], below, GREEDY),
    );
    const withIndex = selector({ 'GET /api/payments/admin': route(3, 'index'), [below]: route(7, 'admin') });
    expect(withIndex(GREEDY, 'GET', '/api/payments//admin/%20')).toEqual(
      held([route(100), route(3, 'index'), route(7, 'admin')], below, 'GET /api/payments/admin', GREEDY),
    );
  });

  it.each(['/admin%20/+users', '/a%09dmin/users%00', '/admin;v=1/users'])(
    'has the policies of all routes that its readings match: %s',
    (path) => {
      const [users, below] = ['GET /api/payments/admin/users', 'ANY /api/payments/admin/{proxy+}'];
      const both = selector({ [users]: route(3, 'users'), [below]: route(7, 'admin') });
      expect(new Set(both(GREEDY, 'GET', `/api/payments${path}`).keys)).toEqual(new Set([GREEDY, users, below]));
      expect(both(users, 'GET', '/api/payments/admin/users').keys).toEqual([users]);
    },
  );

  it('is counted under the limits of both routes', () => {
    expect(select(GREEDY, 'POST', '/api/payments//refunds').keys).toEqual(['POST /api/payments/refunds', GREEDY]);
  });
});

describe('a spelling that is one special route for API Gateway and another for the upstream', () => {
  const select = selector({
    'GET /api/payments/{id}': route(50, 'read'),
    'GET /api/payments/admin': route(5, 'admin'),
  });

  it('needs the scopes of both, so that /ADMIN is no way around the policy of /admin', () => {
    expect(select('GET /api/payments/{id}', 'GET', '/api/payments/ADMIN')).toEqual(
      held([route(50, 'read'), route(5, 'admin')], 'GET /api/payments/admin', 'GET /api/payments/{id}'),
    );
  });

  it('costs as much as the dearer of the two', () => {
    const dear = { ...route(50, 'read'), cost: 5 };
    const spelled = selector({ 'GET /api/payments/{id}': dear, 'GET /api/payments/admin': route(5, 'admin') });
    expect(spelled('GET /api/payments/{id}', 'GET', '/api/payments/ADMIN').cost).toBe(5);
  });

  it('asks nothing more of a request that both see alike', () => {
    expect(select('GET /api/payments/{id}', 'GET', '/api/payments/42')).toEqual(
      held(route(50, 'read'), 'GET /api/payments/{id}'),
    );
    expect(select('GET /api/payments/admin', 'GET', '/api/payments/admin')).toEqual(
      held(route(5, 'admin'), 'GET /api/payments/admin'),
    );
  });
});

describe('a route with an extension in its own path', () => {
  const select = selector({
    'GET /api/payments/openapi.json': PUBLIC,
    'GET /api/payments/openapi': route(5, 'docs'),
    'GET /api/payments/{id}': route(6, 'read'),
  });

  it('has its own policy alone', () => {
    expect(select('GET /api/payments/openapi.json', 'GET', '/api/payments/openapi.json')).toEqual(
      held(PUBLIC, 'GET /api/payments/openapi.json'),
    );
  });

  it.each(['/openapi.xml', '/openapi.json.xml', '/openapi.JSON'])(
    'gives %s no way around the policy of the route without it',
    (path) => {
      const { auth } = select(GREEDY, 'GET', `/api/payments${path}`);
      expect(auth.length).toBeGreaterThan(1);
      expect(auth).not.toEqual([needing(), PUBLIC.auth]);
    },
  );
});

describe('routes whose own paths have upper-case letters', () => {
  const select = selector({ 'GET /api/payments/getAll': route(5, 'all'), 'GET /api/payments/{id}': route(6, 'read') });

  it('hold for readers who do and who do not tell cases apart', () => {
    expect(select(GREEDY, 'GET', '/api/payments/getall').auth).toEqual([needing(), needing('all'), needing('read')]);
    expect(select('GET /api/payments/getAll', 'GET', '/api/payments/getAll').auth).toEqual([needing('all')]);
  });
});

describe('a public route beside protected ones', () => {
  const select = selector({ 'GET /api/payments/status': PUBLIC });

  it('is public', () => {
    expect(select('GET /api/payments/status', 'GET', '/api/payments/status')).toEqual(
      held(PUBLIC, 'GET /api/payments/status'),
    );
  });

  it.each(['/STATUS', '//status', '/status/', '/%73tatus'])(
    'gives nobody a way to call the protected %s without a token',
    (path) => {
      expect(select(GREEDY, 'GET', `/api/payments${path}`)).toEqual(
        held([route(100), PUBLIC], 'GET /api/payments/status', GREEDY),
      );
    },
  );
});

describe('a protected route beside public ones', () => {
  it('is protected in every spelling', () => {
    const select = selector({ 'DELETE /api/payments/{id}': route(5, 'delete') }, PUBLIC);
    expect(select(GREEDY, 'DELETE', '/api/payments//42').auth).toEqual([PUBLIC.auth, needing('delete')]);
    expect(select(GREEDY, 'GET', '/api/payments//42')).toEqual(held(PUBLIC, GREEDY));
  });
});

describe('among routes of one path', () => {
  const routes = {
    'ANY /api/payments/{proxy+}': route(1, 'greedy'),
    'GET /api/payments/{id}': route(2, 'parameter'),
    'ANY /api/payments/a': route(3, 'any'),
    'GET /api/payments/a': route(4, 'get'),
    'ANY /api/payments/{id}/b': route(5, 'parameter-b'),
    'ANY /api/payments/a/{proxy+}': route(6, 'greedy-a'),
  };

  it.each([
    ['GET', '/a', 'get'],
    ['POST', '/a', 'any'],
    ['GET', '/x', 'parameter'],
    ['POST', '/x', 'greedy'],
    ['GET', '/x/b', 'parameter-b'],
    ['GET', '/a/b', 'parameter-b'],
    ['GET', '/a/c', 'greedy-a'],
    ['GET', '/x/y/z', 'greedy'],
    ['HEAD', '/a', 'get'],
  ])('%s %s has the policy that API Gateway would choose, whatever their order', (method, path, scope) => {
    for (const entries of [Object.entries(routes), Object.entries(routes).reverse()]) {
      const select = selector(Object.fromEntries(entries));
      expect(select('$default', method, `/api/payments${path}`).auth).toEqual([needing(), needing(scope)]);
    }
  });

  it('dots and other characters of a route stand for themselves', () => {
    const select = selector({ 'GET /api/payments/a.b+c': route(5, 'exact') });
    expect(select(GREEDY, 'GET', '/api/payments/a.b+c').auth).toEqual([needing(), needing('exact')]);
    expect(select(GREEDY, 'GET', '/api/payments/axbbc')).toEqual(held(route(100), GREEDY));
  });
});

describe('a hostile path of 8 KB', () => {
  it.each(['/', 'a/', '/a', '%2f', '%', ';', 'a'])('made of %j costs no more than a few milliseconds', (part) => {
    const select = selector({
      'GET /api/payments/{a}/{b}/{c}/{d}/x': route(1),
      'GET /api/payments/{a}/{b}/{c}/{proxy+}': route(2),
    });
    const path = `/api/payments/${part.repeat(Math.ceil(8192 / part.length))}`;
    const startedAtMs = performance.now();
    select(GREEDY, 'GET', path);
    expect(performance.now() - startedAtMs).toBeLessThan(200);
  });
});
