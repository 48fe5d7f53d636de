import type { Limiter } from '../../core/limits/limiter.ts';
import { type ProxyRequest, type Stage, stage } from '../stage.ts';

/**
 * Gives the leases of a request back as soon as its answer is there. It is the last stage before the handler, and so
 * the first to see the answer: the call leaves together with the outcome that the circuit counts, and `rateLimiting`
 * waits for it before the reply, since an instance may be frozen after that.
 */
export function leases(limiter: Limiter): Stage<'circuit', 'returnsLeases'> {
  function giveBack({ context: { exchange } }: ProxyRequest): void {
    const leased = exchange?.leased;
    if (leased === undefined) return;
    delete exchange.leased;
    exchange.leasesReturned = limiter.release(leased);
  }

  return stage({
    needs: ['circuit'],
    gives: ['returnsLeases'],
    before: (_, exchange) => {
      exchange.returnsLeases = true;
    },
    after: giveBack,
    onError: giveBack,
  });
}
