import { describe, expect, it } from 'vitest';
import { PROBLEMS, Problem, type ProblemCode } from '../../../../lambdas/core/http/problem.ts';

describe('a problem', () => {
  it('is told as an RFC 9457 document with its stable code and the request id', () => {
    const problem = new Problem('rate_limited', 'retry after 3 s', { 'retry-after': '3' });
    expect(problem.status).toBe(429);
    expect(JSON.parse(problem.body('request-1'))).toEqual({
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      detail: 'retry after 3 s',
      code: 'rate_limited',
      request_id: 'request-1',
    });
  });

  it.each([
    ['invalid_token', 401],
    ['insufficient_scope', 403],
    ['rate_limited', 429],
    ['too_many_concurrent', 429],
    ['bad_gateway', 502],
    ['circuit_open', 503],
    ['limits_unavailable', 503],
    ['upstream_timeout', 504],
  ] as [ProblemCode, number][])('%s is answered with %d', (code, status) => {
    expect(PROBLEMS[code].status).toBe(status);
    expect(new Problem(code, '').status).toBe(status);
  });

  it.each([
    ['quota-exceeded', 'Quota Exceeded'],
    ['temporary-reduced-capacity', 'Temporary Reduced Capacity'],
  ] as const)('of the type %s names the limits, and keeps status and code', (type, title) => {
    const problem = new Problem('rate_limited', 'wait', {}, { type, violatedPolicies: ['client', 'gateway-total'] });
    expect(JSON.parse(problem.body('request-1'))).toEqual({
      type: `https://iana.org/assignments/http-problem-types#${type}`,
      title,
      status: 429,
      detail: 'wait',
      code: 'rate_limited',
      request_id: 'request-1',
      'violated-policies': ['client', 'gateway-total'],
    });
  });

  it('carries a request id of any characters', () => {
    expect(JSON.parse(new Problem('bad_request', '"\n').body('"}\u2028'))).toMatchObject({ request_id: '"}\u2028' });
  });
});
