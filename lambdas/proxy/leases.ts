import type { Counters } from '../core/counters.ts';
import type { Exchange, Stage } from './exchange.ts';

/**
 * Gives the leases of a request back as soon as its answer is there. It is the last stage before the handler, and so
 * the first to see the answer: the call leaves together with the outcome that the circuit counts, and `rateLimiting`
 * waits for it before the reply, since an environment may be frozen after that.
 */
export function leases(counters: Counters): Stage {
  function giveBack({ context: { exchange } }: { context: { exchange: Exchange } }): void {
    const { leased } = exchange;
    if (leased === undefined) return;
    delete exchange.leased;
    exchange.leasesReturned = counters.release(leased);
  }

  return { after: giveBack, onError: giveBack };
}
