import type { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { TableUnavailable } from '../adapters/limits/rule-store.ts';
import type { CircuitTiming } from '../contract/circuit/circuit-policy.ts';
import { DecodeError } from '../contract/decode.ts';

/** What the table has of one circuit. */
export type CircuitTable = Pick<CircuitStore, 'inspect' | 'replace' | 'overwrite' | 'remember' | 'history'>;

/** The circuit of one service. */
export interface Circuit {
  readonly service: string;
  readonly timing: CircuitTiming;
  readonly shadow: boolean;
  readonly table: CircuitTable;
}

/** Where the table does not answer, TableUnavailable is thrown by each call of what is returned, as for rules. */
export function tellingOutages(store: CircuitTable): CircuitTable {
  return {
    inspect: () => answered(() => store.inspect()),
    replace: (previous, next) => answered(() => store.replace(previous, next)),
    overwrite: (circuit) => answered(() => store.overwrite(circuit)),
    remember: (next) => answered(() => store.remember(next)),
    history: (limit) => answered(() => store.history(limit)),
  };
}

async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    // A TypeError is a mistake in here, for which the table is not to be blamed.
    if (error instanceof DecodeError || error instanceof TypeError) throw error;
    throw new TableUnavailable(error);
  }
}
