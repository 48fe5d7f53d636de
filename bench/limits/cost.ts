import type { Service } from '../child.ts';
import type { Meter } from './meter.ts';
import type { Clients, Load, Order } from './orders.ts';

/** What decisions of one limiter took, in one round. */
export interface Cost {
  /** One connection, one decision at a time. */
  readonly medianUs: number;
  readonly roundTrips: number;
  /** Decisions a second of all connections together, each with one decision at a time. */
  readonly perSecond: number;
  /** Each a decision, at that load. */
  readonly redisUs: number;
  readonly executingUs: number;
  readonly nodeUs: number;
}

/** Decisions that are timed one by one, as a share of those that are made together. */
const ONE_BY_ONE = 0.1;

/** Clients of a round: each asks so often that its window is full at the end, and no request is refused. */
export function costOf(service: Service, meter: Meter, round: number, decisions: number, limit: number): Promise<Cost> {
  const clients = (name: string, asked: number): Clients => ({
    name,
    from: 0,
    count: Math.max(1, Math.ceil(asked / limit)),
  });
  const single = Math.ceil(decisions * ONE_BY_ONE);
  return measure(service, meter, {
    oneByOne: { order: 'one-by-one', clients: clients(`a${round}-`, single), decisions: single },
    together: { order: 'together', clients: clients(`b${round}-`, decisions), decisions },
  });
}

export interface Orders {
  readonly oneByOne: Extract<Order, { order: 'one-by-one' }>;
  readonly together: Extract<Order, { order: 'together' }>;
}

export async function measure(service: Service, meter: Meter, { oneByOne, together }: Orders): Promise<Cost> {
  const single = await load(service, oneByOne);
  await meter.reset();
  const before = await meter.read();
  const { ms, cpuUs } = await load(service, together);
  const after = await meter.read();
  const { decisions } = together;
  return {
    medianUs: single.medianUs,
    roundTrips: single.roundTrips,
    perSecond: decisions / (ms / 1000),
    redisUs: (after.cpuUs - before.cpuUs) / decisions,
    executingUs: (after.executingUs - before.executingUs) / decisions,
    nodeUs: cpuUs / decisions,
  };
}

/** A benchmark of refusals would look fast. */
async function load(service: Service, order: Orders['oneByOne'] | Orders['together']): Promise<Load> {
  const result = (await service.ask(order)) as Load;
  if (result.passed === order.decisions) return result;
  throw new Error(`of ${order.decisions} decisions only ${result.passed} let the request pass`);
}
