import type { Service } from '../child.ts';
import type { Meter } from './meter.ts';
import type { Load, Order } from './orders.ts';

/** Bytes of Redis's memory a client, when each of them has asked as often as its limit lets it. */
export async function bytesAClient(
  service: Service,
  meter: Meter,
  { clients, limit, windowMs }: { readonly clients: number; readonly limit: number; readonly windowMs: number },
): Promise<number> {
  const before = await meter.settledBytes();
  const decisions = clients * limit;
  const order: Order = { order: 'together', clients: { name: 'm-', from: 0, count: clients }, decisions };
  const { passed, ms } = (await service.ask(order)) as Load;
  if (passed !== decisions) throw new Error(`of ${decisions} requests only ${passed} passed`);
  const after = await meter.settledBytes();
  if (ms > windowMs)
    throw new Error(`${clients} clients take ${Math.round(ms / 1000)} s, longer than a window: ask for fewer`);
  return (after - before) / clients;
}
