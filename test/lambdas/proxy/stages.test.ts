import middy from '@middy/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Upstream } from '../../../lambdas/adapters/http/upstream.ts';
import type { Part, ProxyContext, ProxyEvent, ProxyResult } from '../../../lambdas/proxy/exchange.ts';
import type { Stage } from '../../../lambdas/proxy/stage.ts';
import { answers } from '../../../lambdas/proxy/stages/answering.ts';
import { authentication } from '../../../lambdas/proxy/stages/authentication.ts';
import { noCircuit } from '../../../lambdas/proxy/stages/circuit-breaking.ts';
import { composing } from '../../../lambdas/proxy/stages/composing.ts';
import { forwarding } from '../../../lambdas/proxy/stages/forwarding.ts';
import { leases } from '../../../lambdas/proxy/stages/lease-returning.ts';
import { logLine } from '../../../lambdas/proxy/stages/log-line.ts';
import { rateLimiting } from '../../../lambdas/proxy/stages/rate-limiting.ts';
import { routing } from '../../../lambdas/proxy/stages/routing.ts';
import { stages } from '../../../lambdas/proxy/stages.ts';
import { memoryCounters } from '../../support/counters.ts';
import { ALICE, lambdaContext, proxyEvent } from '../../support/event.ts';
import { captureLines } from '../../support/lines.ts';
import { servicePolicy } from '../../support/policy.ts';
import { serveEcho } from '../../support/upstreams/upstream.ts';
import { problemOf } from './gateway.ts';

let echo: Awaited<ReturnType<typeof serveEcho>>;
let upstream: Upstream;
let output: ReturnType<typeof captureLines>;
let parts: ReturnType<typeof partsOf>;

beforeAll(async () => {
  echo = await serveEcho();
});
afterAll(() => echo.stop());
beforeEach(() => {
  upstream = new Upstream(echo.url);
  parts = partsOf();
  output = captureLines();
});
afterEach(() => {
  output.restore();
  upstream.close();
  echo.received.length = 0;
});

/** All stages of a service without a circuit, in their order, and the handler. */
function partsOf() {
  const policy = servicePolicy({ upstream: echo.url, circuit: null });
  const { limiter, outcomes, retryBudget } = memoryCounters();
  const monotonic = () => performance.now();
  const randomHex = (bytes: number) => '0'.repeat(2 * bytes);
  const takeStoreEvents = () => ({ errors: 0, lost: 0, recovered: 0 });
  return {
    line: logLine({ policy, clock: Date.now, monotonic, takeStoreEvents }),
    answers: answers(),
    routing: routing(policy),
    authentication: authentication(policy, limiter),
    limiting: rateLimiting(policy, limiter, Date.now),
    composing: composing({ policy, upstream, randomHex }),
    circuit: noCircuit(),
    leases: leases(limiter),
    forwarding: forwarding({ policy, upstream, outcomes, retryBudget, monotonic, random: () => 0 }),
  };
}

type Name = Exclude<keyof ReturnType<typeof partsOf>, 'forwarding'>;
const ORDER: readonly Name[] = [
  'line',
  'answers',
  'routing',
  'authentication',
  'limiting',
  'composing',
  'circuit',
  'leases',
];
/** Without these two nothing answers, and API Gateway says 500 to a function that fails. */
const ANSWERING: readonly Name[] = ['line', 'answers'];

/** A pipeline of these stages as middy itself would take them, past what the compiler checks. */
async function sendThrough(names: readonly Name[]): Promise<ProxyResult | undefined> {
  const handler = middy<ProxyEvent, ProxyResult, unknown, ProxyContext>({ timeoutEarlyInMillis: 0 })
    .use(names.map((name) => parts[name] as Stage<never, never>))
    .handler(parts.forwarding.handle);
  return handler(proxyEvent({ verdict: ALICE }), lambdaContext());
}

async function expectRefused(names: readonly Name[], missing: Part): Promise<void> {
  const result = (await sendThrough(names)) ?? {};
  expect(problemOf(result)).toMatchObject({ status: 500, code: 'internal_error' });
  expect(result.body).not.toContain(missing);
  const error = `TypeError: no stage before this one gave the part ${missing}`;
  expect(output.lines[0]).toMatchObject({ message: 'request failed', error });
  expect(output.lines[1]).toMatchObject({ status: 500 });
  expect(echo.received).toEqual([]);
}

describe('a pipeline', () => {
  it('of all stages in their order forwards', async () => {
    expect(await sendThrough(ORDER)).toMatchObject({ statusCode: 200 });
    expect(echo.received).toHaveLength(1);
  });

  it.each<[Name, Part]>([
    ['routing', 'route'],
    ['authentication', 'client'],
    ['limiting', 'ruling'],
    ['composing', 'message'],
    ['circuit', 'circuit'],
    ['leases', 'returnsLeases'],
  ])('without %s is a 500 that calls no upstream', async (left, missing) => {
    await expectRefused(
      ORDER.filter((name) => name !== left),
      missing,
    );
  });

  it.each<[Name, Name, Part]>([
    ['routing', 'authentication', 'route'],
    ['authentication', 'limiting', 'client'],
    ['limiting', 'composing', 'ruling'],
    ['composing', 'circuit', 'message'],
    ['circuit', 'leases', 'circuit'],
  ])('with %s after %s is a 500 that calls no upstream', async (first, second, missing) => {
    const swapped = ORDER.map((name) => (name === first ? second : name === second ? first : name));
    await expectRefused(swapped, missing);
  });

  it('of no stage but those that answer is a 500 that calls no upstream', async () => {
    await expectRefused(ANSWERING, 'message');
  });

  it.each<[string, readonly Name[]]>([
    ['without the line', ORDER.slice(1)],
    ['without answers', ORDER.filter((name) => name !== 'answers')],
    ['of the handler alone', []],
  ])('%s fails, which API Gateway answers 500, and calls no upstream', async (_, names) => {
    await expect(sendThrough(names)).rejects.toThrow(TypeError);
    expect(echo.received).toEqual([]);
  });
});

it('a pipeline that lacks a stage, or has another order, does not compile', () => {
  const answering = stages().use(parts.line).use(parts.answers);
  const authenticated = answering.use(parts.routing).use(parts.authentication);
  const limited = authenticated.use(parts.limiting);
  const asked = limited.use(parts.composing).use(parts.circuit);
  expect(asked.use(parts.leases).handler(parts.forwarding)).toBeTypeOf('function');

  // @ts-expect-error nothing answers before the line is begun
  stages().use(parts.answers);
  // @ts-expect-error nothing would answer a request that routing refuses
  stages().use(parts.line).use(parts.routing);
  // @ts-expect-error authentication without routing
  answering.use(parts.authentication);
  // @ts-expect-error limits without authentication
  answering.use(parts.routing).use(parts.limiting);
  // @ts-expect-error limits before authentication
  answering.use(parts.routing).use(parts.limiting).use(parts.authentication);
  // @ts-expect-error composing without limits
  authenticated.use(parts.composing);
  // @ts-expect-error a circuit before there is a message for it
  limited.use(parts.circuit);
  // @ts-expect-error leases before the circuit
  limited.use(parts.composing).use(parts.leases);
  // @ts-expect-error forwarding without the circuit and leases
  limited.use(parts.composing).handler(parts.forwarding);
  // @ts-expect-error forwarding without leases
  asked.handler(parts.forwarding);
  // @ts-expect-error forwarding alone
  stages().handler(parts.forwarding);
});
