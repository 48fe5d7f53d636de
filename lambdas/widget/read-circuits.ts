import type { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { describeError, writeLine } from '../adapters/log.ts';
import { NO_ANSWER, within } from '../adapters/within.ts';
import type { CircuitsConfig } from '../contract/circuit/circuits-config.ts';
import { settle } from '../core/circuit/circuit.ts';
import type { ShownCircuit } from './circuit-row.ts';
import { mapLimited } from './map-limited.ts';
import { HISTORY_LENGTH } from './render.ts';

/** Circuits read at once, by two reads each: far fewer than the client has connections. */
const AT_ONCE = 10;

export interface ReadOptions {
  readonly config: Pick<CircuitsConfig, 'services'>;
  readonly storeOf: (service: string) => Pick<CircuitStore, 'inspect' | 'history'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** For all reads together. */
  readonly timeoutMs: number;
}

/** A circuit, or `unanswered`: why the table gave none. */
export type ReadCircuit = ShownCircuit & { readonly unanswered: string | null };

/** Every circuit, in the order of their names. Never throws: a circuit that cannot be read has its fault instead. */
export function readCircuits({ config, storeOf, clock, timeoutMs }: ReadOptions): Promise<readonly ReadCircuit[]> {
  const endMs = performance.now() + timeoutMs;
  const services = Object.entries(config.services).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return mapLimited(services, AT_ONCE, async ([service, { shadow }]) => {
    const store = storeOf(service);
    const [state, history] = await Promise.all([
      attempt(endMs, () => store.inspect()),
      attempt(endMs, () => store.history(HISTORY_LENGTH)),
    ]);
    const { circuit, fault } = state.value ?? { circuit: null, fault: state.failure };
    for (const error of [fault, history.failure]) if (error) writeLine({ message: 'circuit not read', service, error });
    return {
      service,
      circuit: circuit && settle(circuit, clock()),
      fault,
      shadow,
      history: history.value,
      unanswered: state.failure,
    };
  });
}

interface Attempt<T> {
  readonly value: T | null;
  /** Why there is no value. */
  readonly failure: string | null;
}

async function attempt<T>(endMs: number, call: () => Promise<T>): Promise<Attempt<T>> {
  try {
    const leftMs = endMs - performance.now();
    const value = leftMs > 0 ? await within(leftMs, call()) : NO_ANSWER;
    return value === NO_ANSWER
      ? { value: null, failure: 'the table does not answer in time' }
      : { value, failure: null };
  } catch (error) {
    return { value: null, failure: describeError(error) };
  }
}
