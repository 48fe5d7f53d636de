// The process of one breaker: calls it over and over, one call after the other.
import type { Breaker, BreakerSettings, MakeBreaker } from '../breaker.ts';
import type { Cost, Order } from './orders.ts';

const DAY_MS = 86_400_000;
/** So many calls, and then sockets are read and timers fire. */
const CALLS_A_TURN = 500;
/** A service that is busy has been so for a while: longer than a slice of the window, before its calls are measured. */
const BUSY_MS = 1100;
const FAILURE = new Error('the upstream failed');

const { BENCH_BREAKER = '' } = process.env;
const { makeBreaker } = (await import(BENCH_BREAKER)) as { readonly makeBreaker: MakeBreaker };

let isWell = true;
let worked = 0;

async function work(): Promise<number> {
  worked += 1;
  if (!isWell) throw FAILURE;
  return worked;
}

const settings = (service: string): BreakerSettings => ({ openForMs: DAY_MS, service });
const closed = await makeBreaker(work, settings(`closed-${process.pid}`));
const opened = await open(await makeBreaker(work, settings(`open-${process.pid}`)));

/** By failures, as many as it takes. */
async function open(breaker: Breaker): Promise<Breaker> {
  isWell = false;
  for (let before = -1; worked > before; await turn()) {
    before = worked;
    await breaker.call().catch(() => undefined);
    if (worked > 100) throw new Error(`${BENCH_BREAKER} does not open`);
  }
  isWell = true;
  return breaker;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function keepBusy(): Promise<void> {
  for (const startedAtMs = performance.now(); performance.now() - startedAtMs < BUSY_MS; await turn())
    await closed.call();
}

async function measure({ of, calls }: Order): Promise<Cost> {
  const call = { floor: closed.bare ?? work, closed: closed.call, open: opened.call }[of];
  if (of === 'closed') await keepBusy();
  worked = 0;
  const before = process.cpuUsage();
  for (let index = 1; index <= calls; index += 1) {
    try {
      await call();
    } catch {}
    if (index % CALLS_A_TURN === 0) await turn();
  }
  const { user, system } = process.cpuUsage(before);
  // A breaker that does something else would be measured as well.
  const expected = of === 'open' ? 0 : calls;
  if (worked !== expected) throw new Error(`${BENCH_BREAKER}, ${of}: let ${worked} of ${calls} calls through`);
  return { cpuNs: (1000 * (user + system)) / calls };
}

process.on('message', async (order: Order) => process.send?.(await measure(order)));
process.on('disconnect', () => process.exit());
process.send?.({ port: 0 });
