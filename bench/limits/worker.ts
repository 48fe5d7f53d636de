// The process of one limiter: as many connections as the benchmark wants, each with a limiter of its own, as if each were
// an instance of a function.
import { Redis } from 'ioredis';
import { connectRedis, firstConnection } from '../../lambdas/adapters/redis/redis-connection.ts';
import { median } from '../statistics.ts';
import { carryOut } from './behaviour.ts';
import type { Limiter, MakeLimiter } from './limiter.ts';
import type { Clients, Load, Order } from './orders.ts';
import { pin } from './pin.ts';
import { countRoundTrips } from './round-trips.ts';

/** Coprime with the numbers of clients that the benchmark uses, so that each is met equally often and in no order. */
const STRIDE = 48_271;

const { BENCH_LIMITER = '', BENCH_REDIS_URL = '' } = process.env;
const database = Number(process.env['BENCH_DATABASE'] ?? 0);
const connections = Number(process.env['BENCH_CONNECTIONS'] ?? 64);
const settings = {
  limit: Number(process.env['BENCH_LIMIT']),
  windowMs: Number(process.env['BENCH_WINDOW_MS']),
  limits: Number(process.env['BENCH_LIMITS'] ?? 1),
};

const { makeLimiter } = (await import(BENCH_LIMITER)) as { readonly makeLimiter: MakeLimiter };
const clients = await Promise.all(Array.from({ length: connections }, connect));
const limiters: readonly Limiter[] = await Promise.all(clients.map((client) => makeLimiter(client, settings)));

// Whatever is done once is done now: scripts are loaded, and who waits for a connection has it.
await Promise.all(limiters.map((limiter, index) => limiter.ask(clientName('warm-', index))));

/** All limiters talk over connections of the same settings, those of production. */
async function connect(): Promise<Redis> {
  const client = connectRedis({ url: BENCH_REDIS_URL, cluster: false }, fail);
  if (!(client instanceof Redis)) throw new Error('not a connection to a single server');
  await firstConnection(client);
  if (database !== 0) await client.select(database);
  return client;
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

function limiterAt(index: number): Limiter {
  const limiter = limiters[index % limiters.length];
  if (limiter === undefined) throw new Error('there is no connection');
  return limiter;
}

function name({ name, from, count, inARow = 1 }: Clients, index: number): string {
  return clientName(name, from + ((Math.floor(index / inARow) * STRIDE) % count));
}

/** As long as many a user's id; the same for every limiter. */
function clientName(name: string, number: number): string {
  return `sub:${name}${String(number).padStart(12 - name.length, '0')}`;
}

let pinned = false;

/** Only when it is measured: windows are filled faster on all CPUs. */
function pinThis(): void {
  if (!pinned) pin(process.pid, 'limiter');
  pinned = true;
}

async function oneByOne(of: Clients, decisions: number): Promise<Load> {
  pinThis();
  const limiter = limiterAt(0);
  const times: number[] = [];
  const trips = countRoundTrips(clients[0]);
  const load = await measured(async () => {
    let passed = 0;
    for (let index = 0; index < decisions; index += 1) {
      const sentMs = performance.now();
      if (await limiter.ask(name(of, index))) passed += 1;
      times.push(1000 * (performance.now() - sentMs));
    }
    return passed;
  });
  return { ...load, medianUs: median(times), roundTrips: trips.stop() / decisions };
}

async function together(of: Clients, decisions: number): Promise<Load> {
  let next = 0;
  let passed = 0;
  const load = await measured(async () => {
    await Promise.all(
      limiters.map(async (limiter) => {
        while (next < decisions) {
          const index = next;
          next += 1;
          if (await limiter.ask(name(of, index))) passed += 1;
        }
      }),
    );
    return passed;
  });
  return { ...load, medianUs: Number.NaN, roundTrips: Number.NaN };
}

async function measured(work: () => Promise<number>): Promise<Pick<Load, 'passed' | 'ms' | 'cpuUs'>> {
  const startedAtMs = performance.now();
  const before = process.cpuUsage();
  const passed = await work();
  const { user, system } = process.cpuUsage(before);
  return { passed, ms: performance.now() - startedAtMs, cpuUs: user + system };
}

async function fill(of: Clients, passes: number, units: number, overMs: number): Promise<void> {
  const startMs = performance.now();
  for (let pass = 0; pass < passes; pass += 1) {
    const waitMs = startMs + (overMs * pass) / passes - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    let next = 0;
    await Promise.all(
      limiters.map(async (limiter) => {
        while (next < of.count) {
          const client = clientName(of.name, of.from + next);
          next += 1;
          if (limiter.fill) await limiter.fill(client, units);
          else for (let unit = 0; unit < units; unit += 1) await limiter.ask(client);
        }
      }),
    );
  }
}

function obey(order: Order): Promise<unknown> {
  switch (order.order) {
    case 'one-by-one':
      return oneByOne(order.clients, order.decisions);
    case 'together':
      return together(order.clients, order.decisions);
    case 'fill':
      return fill(order.clients, order.passes, order.units, order.overMs).then(() => true);
    case 'plans':
      return Promise.all(
        order.plans.map((plan, client) => carryOut((index) => limiterAt(index).ask(clientName('plan-', client)), plan)),
      );
  }
}

process.on('message', (order: Order) => {
  obey(order).then((result) => process.send?.(result), fail);
});
process.on('disconnect', () => process.exit());
process.send?.({ port: 0 });
