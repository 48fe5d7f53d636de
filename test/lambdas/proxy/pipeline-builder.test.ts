import middy from '@middy/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Upstream } from '../../../lambdas/adapters/http/upstream.ts';
import type { Part, ProxyContext, ProxyEvent, ProxyResult } from '../../../lambdas/proxy/exchange.ts';
import { pipelineBuilder } from '../../../lambdas/proxy/pipeline-builder.ts';
import { type Stage, stage } from '../../../lambdas/proxy/stage.ts';
import { answers } from '../../../lambdas/proxy/stages/answering.ts';
import { authentication } from '../../../lambdas/proxy/stages/authentication.ts';
import { noCircuit } from '../../../lambdas/proxy/stages/circuit-breaking.ts';
import { composing } from '../../../lambdas/proxy/stages/composing.ts';
import { forwarding } from '../../../lambdas/proxy/stages/forwarding.ts';
import { logLine } from '../../../lambdas/proxy/stages/log-line.ts';
import { rateLimiting } from '../../../lambdas/proxy/stages/rate-limiting.ts';
import { routing } from '../../../lambdas/proxy/stages/routing.ts';
import { settling } from '../../../lambdas/proxy/stages/settling.ts';
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
    settling: settling([limiter]),
    answers: answers(policy),
    routing: routing(policy),
    authentication: authentication(policy),
    limiting: rateLimiting(policy, limiter, Date.now),
    composing: composing({ policy, upstream, randomHex }),
    circuit: noCircuit({ policy, monotonic }),
    forwarding: forwarding({ policy, upstream, outcomes, retryBudget, monotonic, random: () => 0 }),
  };
}

type Name = Exclude<keyof ReturnType<typeof partsOf>, 'forwarding'>;
const ORDER: readonly Name[] = [
  'line',
  'settling',
  'answers',
  'routing',
  'authentication',
  'limiting',
  'composing',
  'circuit',
];
/** Without the first and the last of these nothing answers, and API Gateway says 500 to a function that fails. */
const ANSWERING: readonly Name[] = ['line', 'settling', 'answers'];

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
    ['settling', 'atEnd'],
    ['limiting', 'counted'],
    ['composing', 'message'],
    ['circuit', 'circuit'],
  ])('without %s is a 500 that calls no upstream', async (left, missing) => {
    await expectRefused(
      ORDER.filter((name) => name !== left),
      missing,
    );
  });

  it.each<[Name, Name, Part]>([
    ['routing', 'authentication', 'route'],
    ['authentication', 'limiting', 'client'],
    ['limiting', 'composing', 'counted'],
    ['composing', 'circuit', 'message'],
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
    ['with routing before answers', ['line', 'settling', 'routing', 'answers']],
  ])('%s fails, which API Gateway answers 500, and calls no upstream', async (_, names) => {
    await expect(sendThrough(names)).rejects.toThrow(TypeError);
    expect(echo.received).toEqual([]);
  });
});

it('a pipeline that lacks a stage, or has another order, does not compile', () => {
  const answering = pipelineBuilder().use(parts.line).use(parts.settling).use(parts.answers);
  const authenticated = answering.use(parts.routing).use(parts.authentication);
  const limited = authenticated.use(parts.limiting);
  const composed = limited.use(parts.composing);
  expect(composed.use(parts.circuit).handler(parts.forwarding)).toBeTypeOf('function');

  // @ts-expect-error nothing answers before the line is begun
  pipelineBuilder().use(parts.answers);
  // @ts-expect-error nothing would answer a request that routing refuses
  pipelineBuilder().use(parts.line).use(parts.routing);
  // @ts-expect-error authentication without routing
  answering.use(parts.authentication);
  // @ts-expect-error limits without authentication
  answering.use(parts.routing).use(parts.limiting);
  // @ts-expect-error limits before authentication
  answering.use(parts.routing).use(parts.limiting).use(parts.authentication);
  const hasty = pipelineBuilder().use(parts.line).use(parts.answers).use(parts.routing).use(parts.authentication);
  // @ts-expect-error limits take leases, and no reply would wait for their return
  hasty.use(parts.limiting);
  // @ts-expect-error composing without limits
  authenticated.use(parts.composing);
  // @ts-expect-error a circuit before there is a message for it
  limited.use(parts.circuit);
  // @ts-expect-error forwarding without the circuit
  composed.handler(parts.forwarding);
  // @ts-expect-error forwarding before there is a message
  limited.handler(parts.forwarding);
  // @ts-expect-error forwarding alone
  pipelineBuilder().handler(parts.forwarding);
});

it('a stage that does not give what it declares does not compile', () => {
  stage({
    needs: ['route'],
    gives: ['client', 'denial'],
    // @ts-expect-error it lacks the denial
    before: () => ({ client: 'sub:alice' }),
  });
  stage({
    needs: ['route'],
    gives: ['client'],
    // @ts-expect-error another stage gives the circuit, and this one does not need it
    before: (_, { circuit }) => ({ client: String(circuit) }),
  });
  stage({
    needs: ['client'],
    gives: ['route'],
    before: ({ event }, exchange) => {
      // @ts-expect-error the part of another stage
      exchange.client = event.rawPath;
      throw new Error();
    },
  });
});
