import type { CircuitViewOptions } from '../../../lambdas/adapters/circuit/circuit-view.ts';
import { MemoryOutcomes } from '../../../lambdas/adapters/circuit/memory-outcomes.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit/circuit-state.ts';
import type { MakeBreaker } from '../breaker.ts';
import { policyOf, tollgate } from './tollgate.ts';

/** The same stage where nothing is shared, as the other packages have it: counts and circuit in this process's memory. */
export const makeBreaker: MakeBreaker = (work, settings) =>
  tollgate(work, policyOf(settings), {
    outcomes: new MemoryOutcomes(Date.now),
    store: memoryStore(),
  });

function memoryStore(): CircuitViewOptions['store'] {
  let stands: CircuitState = INITIAL_CIRCUIT;
  return {
    read: async () => stands,
    replace: async (_, next) => {
      stands = next;
      return next;
    },
    remember: async () => undefined,
  };
}
