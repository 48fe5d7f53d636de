import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Env } from '../lambdas/contract/environment.ts';
import { CONDITIONS, type Condition, type Stage } from './chaos/conditions.ts';
import type { Back, Order, Report } from './chaos/orders.ts';
import { type Service, startService } from './child.ts';
import { type Cell, printTable, progress } from './table.ts';

/** Limit of the client in an hour; an instance that counts alone allows half of it. */
const LIMIT = 200;
const SHARE = 100;

const LIMITERS = [
  { name: 'Tollgate', id: 'fallback' },
  { name: 'a deadline alone', id: 'deadline-only' },
] as const;
type Limiter = (typeof LIMITERS)[number];

interface Outcome extends Report {
  readonly limiter: Limiter;
  /** Milliseconds from when Redis serves again to the last decision that an instance made alone. */
  readonly backMs: number;
}

/**
 * What decisions take and let pass while something befalls Redis; both limiters meet the same server at the same time.
 *
 * @param opened told how to stop each server, for a run that is interrupted
 */
export async function benchChaos(opened: (stop: () => Promise<void>) => void): Promise<void> {
  const rows: Cell[][] = [];
  for (const condition of CONDITIONS) {
    progress(`Redis: ${condition.name} …`);
    const stage = await condition.start();
    const stop = onlyOnce(stage.stop);
    opened(stop);
    for (const outcome of await meet(stage).finally(stop)) rows.push(cellsOf(condition, outcome));
  }
  printTable(
    `Decisions while Redis is ill, deadline 50 ms; each instance alone may let pass ${SHARE} of the limit of ${LIMIT}`,
    ['Redis', 'limiter', 'decisions', 'p50 us', 'p99 us', 'max us', 'alone %', 'passed alone', 'back after ms'],
    rows,
  );
}

function onlyOnce<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

async function meet(stage: Stage): Promise<readonly Outcome[]> {
  const services: Service[] = [];
  try {
    for (const limiter of LIMITERS) services.push(await startLimiter(limiter, stage));
    await all(services, { order: 'begin' });
    // V8 optimizes what it has seen often enough.
    await pause(1000);
    await all(services, { order: 'watch' });
    await stage.befall();
    const servesMs = Date.now();
    const reports = (await all(services, { order: 'report' })) as readonly Report[];
    const backs = (await all(services, { order: 'await redis' })) as readonly Back[];
    return LIMITERS.flatMap((limiter, index) => {
      const [report, back] = [reports[index], backs[index]];
      if (report === undefined || back === undefined) return [];
      const backMs = report.aloneShare === 0 ? Number.NaN : Math.max(0, back.lastAloneMs - servesMs);
      return [{ ...report, limiter, backMs }];
    });
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

function startLimiter({ id }: Limiter, { url, cluster }: Stage): Promise<Service> {
  return startService(join(import.meta.dirname, 'chaos', 'worker.ts'), {
    BENCH_LIMITER: id,
    BENCH_LIMIT: String(LIMIT),
    [Env.redisUrl]: url,
    [Env.redisCluster]: String(cluster),
  });
}

function all(services: readonly Service[], order: Order): Promise<readonly unknown[]> {
  return Promise.all(services.map((service) => service.ask(order)));
}

function cellsOf({ name }: Condition, outcome: Outcome): Cell[] {
  const { limiter, decisions, p50Us, p99Us, maxUs, aloneShare, passedAlone, backMs } = outcome;
  const us = [p50Us, p99Us, maxUs].map(Math.round);
  return [name, limiter.name, decisions, ...us, Math.round(100 * aloneShare), passedAlone, Math.round(backMs)];
}
