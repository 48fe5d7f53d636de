import { setTimeout as pause } from 'node:timers/promises';
import type { CircuitStore } from '../../../lambdas/adapters/circuit/circuit-store.ts';
import type { Service } from '../../child.ts';
import type { Arrival, BreakerName, Closed, Moment, Order, Told, UpstreamOrder } from './orders.ts';

/** Deadline of one order to all processes; far more than any breaker needs. */
const PATIENCE_MS = 30_000;

export interface Fleet {
  readonly processes: readonly Service[];
  readonly upstream: Service;
  /** Where the circuit is that the processes share. */
  readonly store: CircuitStore;
}

export interface Trial {
  /** Calls of the dead upstream until every process rejected. */
  readonly calls: number;
  /** From the first of them until then. */
  readonly openAfterMs: number;
  /** From the upstream's recovery until the last circuit closed. */
  readonly closedAfterMs: number;
  /** Calls of the recovered upstream by processes whose circuit was not closed yet. */
  readonly halfOpenCalls: number;
  /** From the recovery until the upstream had answered each of the processes. */
  readonly answeredAfterMs: number;
}

/** An outage that is there before the first call, until all processes reject; it ends then. */
export async function tryOut(fleet: Fleet, breaker: BreakerName): Promise<Trial> {
  await tell(fleet, { status: 500 });
  const rejected = await ask<Moment>(fleet, { order: 'begin', breaker });
  const outage = await tell(fleet, { status: 200 });
  const answered = await ask<Moment>(fleet, { order: 'await answer' });
  const sharedClosedAtMs = breaker === 'tollgate' ? await sharedClosing(fleet) : null;
  const halted = await ask<Closed>(fleet, { order: 'halt' });
  const closedAtMs = halted.map((one) => sharedClosedAtMs ?? one.closedAtMs ?? Number.NaN);
  const recovery = await tell(fleet, { status: 200 });
  const begunAtMs = Math.min(...outage.arrivals.map(({ atMs }) => atMs));
  return {
    calls: outage.arrivals.length,
    openAfterMs: latest(rejected) - begunAtMs,
    closedAfterMs: Math.max(...closedAtMs) - outage.atMs,
    halfOpenCalls: recovery.arrivals.filter(isBefore(closedAtMs)).length,
    answeredAfterMs: latest(answered) - outage.atMs,
  };
}

/** Counts for the shared circuit. Processes that wait for the table in vain close circuits of their own before. */
async function sharedClosing(fleet: Fleet): Promise<number> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const circuit = await fleet.store.read({ consistent: true });
    if (circuit.state === 'closed') return circuit.closedAtMs;
    if (performance.now() > giveUpMs) throw new Error(`every process is answered, and the circuit is ${circuit.state}`);
    await ask(fleet, { order: 'await answer' });
  }
}

function isBefore(closedAtMs: readonly number[]) {
  return ({ process, atMs }: Arrival) => atMs < (closedAtMs[process] ?? Number.NaN);
}

function latest(moments: readonly Moment[]): number {
  return Math.max(...moments.map(({ atMs }) => atMs));
}

async function tell({ upstream }: Fleet, order: UpstreamOrder): Promise<Told> {
  return (await upstream.ask(order)) as Told;
}

async function ask<Answer>({ processes }: Fleet, order: Order): Promise<readonly Answer[]> {
  const late = new AbortController();
  const answers = Promise.all(processes.map((process) => process.ask(order)));
  const patience = pause(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`not every process has answered “${order.order}” within ${PATIENCE_MS} ms`);
  });
  return Promise.race([answers, patience]).finally(() => late.abort()) as Promise<readonly Answer[]>;
}
