// The process of one row: verifies the credentials that it was given, one after the other, as Lambda gives an instance
// one request at a time.
import { median } from '../statistics.ts';
import type { Kind, Material } from './material.ts';
import type { MakeVerifier, Verify } from './verifier.ts';

export interface Order {
  readonly kind: Kind;
  /** File of the row. */
  readonly verifier: string;
  readonly setup: Material['setup'];
  readonly credentials: readonly string[];
  /** How often all of them are gone through. */
  readonly passes: number;
  readonly refused: readonly string[];
}

export interface Cost {
  /** User and system time of all threads, us a credential. */
  readonly cpuUs: number;
  readonly medianUs: number;
}

const made = new Map<Kind, Verify>();

async function verifyOf({ kind, verifier, setup }: Order): Promise<Verify> {
  const known = made.get(kind);
  if (known !== undefined) return known;
  const { makeVerifier } = (await import(verifier)) as { readonly makeVerifier: MakeVerifier<Material['setup']> };
  const verify = await makeVerifier(setup);
  made.set(kind, verify);
  return verify;
}

/** What lets a bad credential pass would be fast. */
async function check(verify: Verify, { kind, verifier, refused }: Order): Promise<void> {
  for (const [index, credential] of refused.entries()) {
    if (await passes(verify, credential)) throw new Error(`${verifier} accepts bad credential ${index} of ${kind}`);
  }
}

async function passes(verify: Verify, credential: string): Promise<boolean> {
  try {
    await verify(credential);
    return true;
  } catch {
    return false;
  }
}

async function measure(order: Order): Promise<Cost> {
  const verify = await verifyOf(order);
  await check(verify, order);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let pass = 0; pass < order.passes; pass += 1) {
    for (const credential of order.credentials) {
      const startedMs = performance.now();
      // Not all of them promise something, and to wait for what is there already costs as much as their cache.
      const verified = verify(credential);
      if (verified instanceof Promise) await verified;
      times.push(1000 * (performance.now() - startedMs));
    }
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: (user + system) / times.length, medianUs: median(times) };
}

process.on('message', async (order: Order) => process.send?.(await measure(order)));
process.on('disconnect', () => process.exit());
process.send?.({ port: 0 });
