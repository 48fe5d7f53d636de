// The process of one row: verifies the tokens that it was given, one after the other, as Lambda gives an environment one
// request at a time.
import { median } from '../statistics.ts';
import type { MakeVerifier, Setup, Verify } from './verifier.ts';

export interface Order {
  readonly verifier: string;
  readonly setup: Setup;
  readonly tokens: readonly string[];
  /** How often all of them are gone through. */
  readonly passes: number;
  readonly broken: string;
}

export interface Cost {
  /** User and system time of all threads, us a token. */
  readonly cpuUs: number;
  readonly medianUs: number;
}

const made = new Map<string, Verify>();

async function verifyOf({ verifier, setup }: Order): Promise<Verify> {
  const key = JSON.stringify([verifier, setup]);
  const known = made.get(key);
  if (known !== undefined) return known;
  const { makeVerifier } = (await import(verifier)) as { readonly makeVerifier: MakeVerifier };
  const verify = await makeVerifier(setup);
  made.set(key, verify);
  return verify;
}

/** What lets a bad signature pass would be fast. */
async function check(verify: Verify, { verifier, broken }: Order): Promise<void> {
  try {
    await verify(broken);
  } catch {
    return;
  }
  throw new Error(`${verifier} accepts a broken token`);
}

async function measure(order: Order): Promise<Cost> {
  const verify = await verifyOf(order);
  await check(verify, order);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let pass = 0; pass < order.passes; pass += 1) {
    for (const token of order.tokens) {
      const startedMs = performance.now();
      // Not all of them promise something, and to wait for what is there already costs as much as their cache.
      const verified = verify(token);
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
