import type { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { answered } from '../adapters/table/table-unavailable.ts';
import type { CircuitTiming } from '../contract/circuit/circuit-policy.ts';

/** One circuit's item and history in the table. */
export type CircuitTable = Pick<CircuitStore, 'inspect' | 'replace' | 'overwrite' | 'remember' | 'history'>;

/** The circuit of one service. */
export interface Circuit {
  readonly service: string;
  readonly timing: CircuitTiming;
  readonly shadow: boolean;
  readonly table: CircuitTable;
}

/** The store, with calls that throw TableUnavailable if the table does not answer, as calls for rules do. */
export function circuitAccess(store: CircuitTable): CircuitTable {
  return {
    inspect: () => answered(() => store.inspect()),
    replace: (previous, next) => answered(() => store.replace(previous, next)),
    overwrite: (circuit) => answered(() => store.overwrite(circuit)),
    remember: (next) => answered(() => store.remember(next)),
    history: (limit) => answered(() => store.history(limit)),
  };
}
