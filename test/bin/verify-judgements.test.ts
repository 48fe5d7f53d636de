import { describe, expect, it } from 'vitest';
import { judgeAlarmAction } from '../../bin/ops/verify/checks/alarm-action.ts';
import { judgeBareRefusal, judgeChallenge } from '../../bin/ops/verify/checks/challenge-sent.ts';
import { judgeLimit, roomOf } from '../../bin/ops/verify/checks/limit.ts';
import { judgeLogBytes } from '../../bin/ops/verify/checks/log-bytes.ts';
import { judgeMetrics } from '../../bin/ops/verify/checks/metrics-arrive.ts';
import { judgePaths } from '../../bin/ops/verify/checks/paths.ts';
import { judgeBodyLimits, judgeHeaderLimit } from '../../bin/ops/verify/checks/payload-sizes.ts';
import { judgePreflight } from '../../bin/ops/verify/checks/preflight.ts';
import { judgeRedis, nearestTo } from '../../bin/ops/verify/checks/redis-counts.ts';
import { judgeReports, parseReport } from '../../bin/ops/verify/checks/reports.ts';
import { judgeVerdictCache } from '../../bin/ops/verify/checks/verdict-cache.ts';
import type { ProbeAnswer } from '../../bin/ops/verify/probe.ts';
import { publishable } from '../../bin/ops/verify/publishable.ts';
import { INITIAL_CIRCUIT } from '../../lambdas/contract/circuit/circuit-state.ts';
import { OPENED } from '../support/circuit/circuits.ts';

function answer(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): ProbeAnswer {
  return { status, headers, body };
}
/** As the gateway itself answers. */
const problem = (status: number, code: string, headers = {}) => answer(status, headers, JSON.stringify({ code }));
/** As API Gateway itself answers. */
const edge = (status: number, message: string, headers = {}) => answer(status, headers, JSON.stringify({ message }));

const INVALID = 'Bearer error="invalid_token", error_description="the token is not valid"';
const COUNTED = { 'x-ratelimit-limit': '3' };

describe('the challenge', () => {
  it.each([
    ['comes as it is', { 'www-authenticate': INVALID }, 'holds', 'not renamed'],
    [
      'is renamed and written anew',
      { 'www-authenticate': INVALID, 'x-amzn-remapped-www-authenticate': INVALID },
      'holds',
      'API Gateway renames it',
    ],
    [
      'is renamed only',
      { 'x-authenticate-challenge': INVALID, 'x-amzn-remapped-www-authenticate': INVALID },
      'differs',
      'without WWW-Authenticate',
    ],
    ['is nowhere', {}, 'differs', 'without any challenge'],
  ])('that %s is told', (_, headers, result, seen) => {
    const outcome = judgeChallenge(problem(401, 'invalid_token', headers));
    expect(outcome).toMatchObject({ result, seen: expect.stringContaining(seen) });
  });

  it.each([
    [edge(403, 'Forbidden'), 'differs'],
    [problem(429, 'rate_limited'), 'not tried'],
    [edge(404, 'Not Found'), 'not tried'],
    [answer(200), 'differs'],
  ])('%#: another answer than 401 is no challenge', (other, result) => {
    expect(judgeChallenge(other).result).toBe(result);
  });

  it.each([
    [edge(401, 'Unauthorized'), 'holds'],
    [problem(401, 'unauthorized'), 'holds'],
    [edge(401, 'Missing Authentication Token'), 'differs'],
    [edge(403, 'Forbidden'), 'differs'],
    [edge(404, 'Not Found'), 'not tried'],
    [answer(200), 'differs'],
  ])('%#: a request without a credential has a 401 of its own', (given, result) => {
    expect(judgeBareRefusal(given).result).toBe(result);
  });
});

describe('a preflight', () => {
  const none = answer(204);
  it.each([
    [answer(200), none, 'holds'],
    [answer(204), none, 'holds'],
    [answer(204, { 'access-control-allow-origin': '*' }), none, 'holds'],
    [answer(204, { 'access-control-allow-origin': 'https://verify.invalid' }), none, 'differs'],
    [edge(401, 'Unauthorized'), none, 'differs'],
    [edge(403, 'Forbidden'), none, 'differs'],
    [edge(401, 'Unauthorized'), edge(404, 'Not Found'), 'not tried'],
  ])('%#: is answered without a credential where there is CORS', (route, elsewhere, result) => {
    expect(judgePreflight(route, elsewhere).result).toBe(result);
  });
});

describe('limits of size', () => {
  it.each([
    [200, 431, 'holds'],
    [200, 400, 'differs'],
    [200, 200, 'differs'],
    [431, 431, 'differs'],
  ])('of headers: %d below and %d above %s', (below, above, result) => {
    expect(judgeHeaderLimit(answer(below), answer(above)).result).toBe(result);
  });

  it.each([
    [413, 413, 'holds'],
    [502, 413, 'differs'],
    [200, 413, 'differs'],
    [401, 413, 'not tried'],
  ])('of bodies: %d for the event and %d for the body %s', (event, body, result) => {
    expect(judgeBodyLimits(answer(event), answer(body)).result).toBe(result);
  });
});

describe('a path', () => {
  const base = '/api/orders/verify';
  const read = (path: string | undefined, status = 200) => [
    { sent: '%2fslash', expected: ['/slash'], path, answer: { status, body: '' } },
  ];
  it.each([
    [read('/api/orders/verify/slash'), 'holds'],
    [read('/verify/slash'), 'holds'],
    [read(undefined, 400), 'holds'],
    [read('/verify%2fslash'), 'differs'],
    [read('/other'), 'differs'],
    [read(undefined), 'not tried'],
    [read(undefined, 401), 'not tried'],
  ])('%#: is judged by what arrived', (readings, result) => {
    expect(judgePaths(readings, base).result).toBe(result);
  });
});

describe('the verdict cache', () => {
  const no = problem(401, 'invalid_token');
  const yes = answer(502);
  it.each([
    [[no, yes, no, yes], 'holds'],
    [[no, no, no, yes], 'differs'],
    [[no, yes, yes, yes], 'differs'],
    [[yes, yes, yes, yes], 'not tried'],
    [[no, no, no, no], 'not tried'],
  ] as const)('%#: keeps verdicts by route', ([refused, taken, again, alone], result) => {
    expect(judgeVerdictCache({ refused, taken, again, alone }).result).toBe(result);
  });

  it('are not told from answers of a limit', () => {
    const [refused, taken, limited] = [problem(401, 'invalid_token'), answer(502), problem(429, 'rate_limited')];
    expect(judgeVerdictCache({ refused: limited, taken, again: limited, alone: taken })).toEqual({
      result: 'not tried',
      why: expect.stringContaining('wait a minute'),
    });
    expect(judgeVerdictCache({ refused, taken, again: refused, alone: taken }).result).toBe('holds');
  });
});

describe('a limit', () => {
  const passed = answer(502, COUNTED);
  const refused = (wait?: string) => answer(429, wait === undefined ? {} : { 'retry-after': wait });
  const lost = edge(503, 'Service Unavailable');
  const run = (answers: readonly ProbeAnswer[], tookMs = 1000) =>
    judgeLimit({ limit: 3, left: 2, windowMs: 60_000, answers, tookMs }).result;

  it('of three lets three pass, whatever the upstream answers', () => {
    expect(run([passed, passed, passed, refused('59')])).toBe('holds');
    expect(run([passed, passed, lost, passed, refused('59')])).toBe('holds');
  });

  it('that lets more or fewer pass, or says no Retry-After, differs', () => {
    expect(run([passed, passed, passed, passed])).toBe('differs');
    expect(run([passed, passed, refused('59'), refused('59')])).toBe('differs');
    expect(run([passed, passed, passed, refused()])).toBe('differs');
    expect(run([passed, passed, passed, refused('3600')])).toBe('differs');
  });

  it('says nothing where answers were lost or late', () => {
    expect(run([passed, passed, lost, refused('59')])).toBe('not tried');
    expect(run([passed, passed, passed, refused('59')], 55_000)).toBe('not tried');
  });

  it.each([
    [answer(200, { ...COUNTED, 'x-ratelimit-remaining': '2' }), { limit: 3, left: 2, windowMs: 60_000 }],
    [
      answer(200, { ...COUNTED, 'x-ratelimit-remaining': '2', 'ratelimit-policy': '"client";q=3;w=10' }),
      { limit: 3, left: 2, windowMs: 10_000 },
    ],
    [answer(401), expect.stringContaining('--token-env')],
    [answer(200), expect.stringContaining('without X-RateLimit-Limit')],
    [answer(200, { ...COUNTED, 'x-ratelimit-remaining': '9999' }), expect.stringContaining('at most 500')],
  ])('%#: is learned from the first answer', (first, room) => {
    expect(roomOf(first)).toEqual(room);
  });
});

describe('what AWS has seen', () => {
  it('of metrics holds when all requests are counted', () => {
    expect(judgeMetrics(100, 140).result).toBe('holds');
    expect(judgeMetrics(100, 0)).toMatchObject({ result: 'differs', means: expect.stringContaining('no metrics') });
    expect(judgeMetrics(100, 60)).toMatchObject({ result: 'differs', means: expect.stringContaining('late') });
  });

  it.each([
    [{ requests: 100, errors: 1, alone: 0, units: { calls: 100, units: 400 } }, 'holds'],
    [{ requests: 100, errors: 0, alone: 0, units: undefined }, 'holds'],
    [{ requests: 100, errors: 0, alone: 50, units: undefined }, 'differs'],
    [{ requests: 100, errors: 90, alone: 0, units: undefined }, 'differs'],
    [{ requests: 100, errors: 0, alone: 0, units: { calls: 100, units: 1200 } }, 'differs'],
    [{ requests: 0, errors: 0, alone: 0, units: undefined }, 'not tried'],
  ])('%#: of Redis holds while it is reached at its price', (seen, result) => {
    expect(judgeRedis(seen).result).toBe(result);
  });

  it('of caches takes the one whose name begins most like the stack', () => {
    const caches = ['sessions', 'tollgate-prod-foundation-1', 'tollgate-dev-foundation-2'];
    expect(nearestTo('tollgate-dev-gateway', caches)).toBe('tollgate-dev-foundation-2');
    expect(nearestTo('tollgate-dev-gateway', [])).toBeUndefined();
  });

  it('of an alarm holds when the alarm has opened the circuit', () => {
    expect(judgeAlarmAction({ ...OPENED, source: 'alarm' }, 4000).result).toBe('holds');
    expect(judgeAlarmAction({ ...OPENED, source: 'outcomes' }, 4000).result).toBe('not tried');
    expect(judgeAlarmAction(INITIAL_CIRCUIT, 90_000).result).toBe('differs');
    expect(judgeAlarmAction(null, 90_000).result).toBe('differs');
  });

  const WARM =
    'REPORT RequestId: 1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 99 MB\t\n';

  it('of a REPORT line is read, and nothing of another line', () => {
    const warm = { durationMs: 12.34, billedMs: 13, memoryMb: 256, usedMb: 99, initMs: undefined };
    expect(parseReport(WARM)).toEqual(warm);
    expect(parseReport(WARM.replace('\t\n', '\tInit Duration: 412.56 ms\t\n'))).toEqual({ ...warm, initMs: 412.56 });
    expect(parseReport('START RequestId: 1 Version: $LATEST')).toBeUndefined();
    expect(judgeReports([warm]).result).toBe('holds');
    expect(judgeReports([{ ...warm, usedMb: 250 }])).toMatchObject({ result: 'differs' });
    expect(judgeReports([]).result).toBe('not tried');
  });

  it('of logs holds while a request logs what it is reckoned with', () => {
    const line = (length: number) => JSON.stringify({ request_id: '1', latency_ms: 3, pad: 'x'.repeat(length) });
    expect(judgeLogBytes([line(1000), WARM]).result).toBe('holds');
    expect(judgeLogBytes([line(5000), WARM]).result).toBe('differs');
    expect(judgeLogBytes([WARM]).result).toBe('not tried');
  });
});

describe('what is published', () => {
  it.each([
    ['arn:aws:iam::123456789012:user/carol may not', '<arn> may not'],
    ['account 123456789012', 'account <account>'],
    ['getaddrinfo abcde12345.execute-api.eu-central-1.amazonaws.com', 'getaddrinfo <gateway>'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key <access key>'],
    ['a tgk_4fzN9qXw2LbC_0123456789012345678901234567890123456789', '<left out: it holds a credential>'],
  ])('%s is masked', (text, masked) => {
    expect(publishable(text)).toBe(masked);
  });
});
