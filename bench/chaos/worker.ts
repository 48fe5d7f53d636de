// The process of one limiter: some instances of a function, each with a connection of its own and, as Lambda has it, with
// one request at a time.
import { setTimeout as pause } from 'node:timers/promises';
import type { LimitRequest } from '../../lambdas/core/limits/limiter.ts';
import { windowLimit } from '../../test/support/policy.ts';
import { percentile } from '../statistics.ts';
import { type Decide, deadlineOnly, withFallback } from './limiters.ts';
import type { Back, Order, Report } from './orders.ts';

const INSTANCES = 4;
/** From an answer to the next request: some 200 requests a second of each instance. */
const PAUSE_MS = 4;
const HOUR_MS = 3_600_000;

const limit = Number(process.env['BENCH_LIMIT']);
const make = process.env['BENCH_LIMITER'] === 'fallback' ? withFallback : deadlineOnly;

interface Sample {
  readonly instance: number;
  readonly limited: boolean;
  readonly us: number;
  readonly alone: boolean;
  readonly passed: boolean;
}

let samples: Sample[] = [];
let lastAloneMs = 0;
const instances = Array.from({ length: INSTANCES }, () => ({ decide: make(), alone: true }));
let requests = 0;

function requestOf(limited: boolean): LimitRequest {
  requests += 1;
  const client = limited ? 'sub:limited' : `sub:one-of-many-${requests % 1000}`;
  return {
    limits: [{ policy: windowLimit(limited ? limit : 1000, HOUR_MS), scope: 'users', subject: client }],
    identity: { client, tenant: '', plan: '', token: '', ip: 'ip:192.0.2.1' },
    cost: 1,
    lease: String(requests),
  };
}

async function sample(instance: number, decide: Decide, limited: boolean): Promise<void> {
  const into = samples;
  const sentMs = performance.now();
  const { outcome, decisions } = await decide(requestOf(limited));
  const alone = decisions.some(({ counted }) => counted !== 'together');
  into.push({ instance, limited, us: 1000 * (performance.now() - sentMs), alone, passed: outcome === 'allowed' });
  const state = instances[instance];
  if (state !== undefined) state.alone = alone;
  if (alone) lastAloneMs = Date.now();
}

async function serve(instance: number, decide: Decide): Promise<never> {
  for (let limited = true; ; limited = !limited) {
    await sample(instance, decide, limited);
    await pause(PAUSE_MS);
  }
}

function begin(): void {
  for (const [index, { decide }] of instances.entries()) serve(index, decide).catch(fail);
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

async function untilRedisCounts(): Promise<Back> {
  do await pause(5);
  while (instances.some(({ alone }) => alone));
  return { lastAloneMs };
}

function report(): Report {
  const us = samples.map((one) => one.us).sort((left, right) => left - right);
  const passedAlone = instances.map(
    (_, index) => samples.filter((one) => one.instance === index && one.limited && one.alone && one.passed).length,
  );
  return {
    decisions: samples.length,
    p50Us: percentile(us, 0.5),
    p99Us: percentile(us, 0.99),
    maxUs: us.at(-1) ?? Number.NaN,
    aloneShare: samples.filter(({ alone }) => alone).length / samples.length,
    passedAlone: Math.max(...passedAlone),
  };
}

async function carryOut({ order }: Order): Promise<unknown> {
  switch (order) {
    case 'begin':
      begin();
      return untilRedisCounts();
    case 'watch':
      samples = [];
      return true;
    case 'report':
      return report();
    case 'await redis':
      return untilRedisCounts();
  }
}

process.on('message', (order: Order) => {
  carryOut(order).then((answer) => process.send?.(answer), fail);
});
process.on('disconnect', () => process.exit());
process.send?.({ port: 0 });
