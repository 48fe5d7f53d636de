// One process of the fleet: as an instance of Lambda's, it has one call under way at a time.
import { setTimeout as pause } from 'node:timers/promises';
import { type Call, type Called, callers } from './callers.ts';
import { BREAKERS, type BreakerName, type Closed, type Moment, type Order } from './orders.ts';

/** From an answer to the next call. */
const PAUSE_MS = 100;
/** Calls through each breaker before the first trial: they open connections and warm up V8. */
const WARM_UP_CALLS = 5;

const { BENCH_HANDLER = '', BENCH_UPSTREAM = '' } = process.env;
const make = await callers(BENCH_HANDLER, {
  number: Number(process.env['BENCH_NUMBER']),
  upstream: BENCH_UPSTREAM,
  openForMs: Number(process.env['BENCH_OPEN_FOR_MS']),
});

for (const name of BREAKERS) {
  const call = await make[name]();
  for (let index = 0; index < WARM_UP_CALLS; index += 1) await call();
}

let isHalted = false;
let calling: Promise<void> = Promise.resolve();
let closedAtMs: number | null = null;
let notice: (called: Called) => void = () => undefined;

async function run(call: Call): Promise<void> {
  // In no step with the others.
  await pause(PAUSE_MS * Math.random());
  for (let wasClosed: boolean | undefined = true; !isHalted; await pause(PAUSE_MS)) {
    const called = await call();
    if (called.isClosed && !wasClosed) closedAtMs = Date.now();
    wasClosed = called.isClosed;
    notice(called);
  }
}

function next(outcome: Called['outcome']): Promise<Moment> {
  return new Promise((resolve) => {
    notice = (called) => called.outcome === outcome && resolve({ atMs: Date.now() });
  });
}

async function begin(breaker: BreakerName): Promise<Moment> {
  isHalted = false;
  closedAtMs = null;
  const rejected = next('rejected');
  calling = run(await make[breaker]());
  calling.catch(fail);
  return rejected;
}

async function halt(): Promise<Closed> {
  isHalted = true;
  await calling;
  return { closedAtMs };
}

function obey(order: Order): Promise<Moment | Closed> {
  switch (order.order) {
    case 'begin':
      return begin(order.breaker);
    case 'await answer':
      return next('answered');
    case 'halt':
      return halt();
  }
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

process.on('message', (order: Order) => {
  obey(order).then((answer) => process.send?.(answer), fail);
});
process.on('disconnect', () => process.exit());
process.send?.({ port: 0 });
