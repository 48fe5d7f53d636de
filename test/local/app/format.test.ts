import { expect, test } from 'vitest';
import { formatEvent } from '../../../local/app/format.ts';

function line(text: string, verbose = false) {
  return formatEvent({ kind: 'line', label: 'users', line: text, stream: 'stdout' }, verbose);
}

const REQUEST = {
  service: 'users',
  status: 200,
  method: 'GET',
  path: '/api/users/42',
  latency_ms: 12.4,
  upstream_ms: 9.6,
  client: 'sub:alice',
  circuit: 'closed',
  limited: false,
  _aws: {},
};

test("a proxy function's line is told in short", () => {
  expect(line(JSON.stringify(REQUEST))).toBe('users 200 GET /api/users/42 12 ms (upstream 10 ms, sub:alice)');
  const rejected = { ...REQUEST, status: 429, limited: true, circuit: 'half-open', upstream_ms: null };
  expect(line(JSON.stringify(rejected))).toBe(
    'users 429 GET /api/users/42 12 ms (sub:alice, limited, circuit half-open)',
  );
});

test.each([
  [{ circuit: 'open' }, 'circuit open'],
  [{ circuit: 'half-open' }, 'circuit half-open'],
  [{ circuit: 'forced-open' }, 'circuit forced-open'],
  [{ circuit: 'forced-closed' }, 'circuit forced-closed'],
  [{ circuit: 'ramp-up' }, 'circuit ramp-up'],
  [{ circuit: 'open', circuit_shadow: true }, 'circuit open, not obeyed in shadow mode'],
  [{ circuit: 'ramp-up', circuit_shadow: true }, 'circuit ramp-up, not obeyed in shadow mode'],
  [{ circuit: 'open', fallback: true }, 'circuit open, fallback'],
])('how a circuit stands that is not closed is told, and what that means for the request: %j', (fields, note) => {
  expect(line(JSON.stringify({ ...REQUEST, ...fields }))).toBe(
    `users 200 GET /api/users/42 12 ms (upstream 10 ms, sub:alice, ${note})`,
  );
});

test.each(['closed', 'none'])('of a circuit that is %s there is nothing to tell', (circuit) => {
  expect(line(JSON.stringify({ ...REQUEST, circuit }))).not.toContain('circuit');
});

test('a request of which nothing more is known has no parentheses', () => {
  const { client: _, ...rest } = REQUEST;
  expect(line(JSON.stringify({ ...rest, status: 400, latency_ms: 1, upstream_ms: null }))).toBe(
    'users 400 GET /api/users/42 1 ms',
  );
});

test('a stack trace names the files of the checkout', () => {
  const at = '    at run (/home/me/gate/.tollgate/assembly/lambdas/proxy/handler.ts:3:9)';
  expect(line(at)).toBe('users     at run (lambdas/proxy/handler.ts:3:9)');
  expect(line('at file:///gate/.tollgate/assembly/node_modules/jose/key.js:1:2')).toBe(
    'users at node_modules/jose/key.js:1:2',
  );
  expect(line('at /gate/.tollgate/assembly/asset.12/index.mjs:1:2')).toContain('/assembly/asset.12/index.mjs:1:2');
  expect(line(at, true)).toBe(`users ${at}`);
});

test('other lines keep their words, without the metrics about them', () => {
  expect(line('plain text')).toBe('users plain text');
  expect(line('{"message":"redis lost","count":2,"_aws":{}}')).toBe('users message=redis lost count=2');
  expect(line('{"broken":')).toBe('users {"broken":');
});

test('nothing that a client sends is acted on by the terminal', () => {
  const path = '/api/products/\u001b[2J\nFAKE\u009b\u202e\u2028';
  const shown = '/api/products/\\u{1b}[2J\\u{a}FAKE\\u{9b}\\u{202e}\\u{2028}';
  expect(line(JSON.stringify({ ...REQUEST, path }))).toContain(`GET ${shown} 12 ms`);
  expect(line(path)).toBe(`users ${shown}`);
  expect(line(path, true)).toBe(`users ${shown}`);
  const report = { requestId: 'x', method: 'GET', path, routeKey: undefined, status: 404, latencyMs: 0.4 };
  const event = { kind: 'request', report: { ...report, reason: 'no route' } } as const;
  expect(formatEvent(event, false)).toBe(`api 404 GET ${shown} 0 ms (no route)`);
});

test('in full detail a line is as it was written', () => {
  expect(line(JSON.stringify(REQUEST), true)).toBe(`users ${JSON.stringify(REQUEST)}`);
});

test('a request is told when API Gateway itself answered it, in full detail always', () => {
  const report = { requestId: 'x', method: 'GET', path: '/nope', routeKey: undefined, status: 404, latencyMs: 0.4 };
  const event = (reason?: string) => ({ kind: 'request', report: { ...report, reason } }) as const;
  expect(formatEvent(event('no route'), false)).toBe('api 404 GET /nope 0 ms (no route)');
  expect(formatEvent(event(), false)).toBeUndefined();
  expect(formatEvent(event(), true)).toBe('api 404 GET /nope 0 ms');
});
