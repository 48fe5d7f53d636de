import type { CircuitStore } from '../adapters/circuit-store.ts';
import { describeError, writeLine } from '../adapters/log.ts';
import { NO_ANSWER, within } from '../adapters/within.ts';
import type { CircuitsConfig } from '../contract/circuits-config.ts';
import { DecodeError } from '../contract/decode.ts';
import { settle } from '../core/circuit.ts';
import { mapBounded } from './map-bounded.ts';
import { type CircuitView, HISTORY_LENGTH } from './render.ts';

/** A circuit is two reads: so many are under way twice over, well below what a client's connections carry. */
const AT_ONCE = 10;

export interface ReadOptions {
  readonly config: Pick<CircuitsConfig, 'services'>;
  readonly storeOf: (service: string) => Pick<CircuitStore, 'read' | 'history'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Of all reads together. */
  readonly timeoutMs: number;
}

/** A circuit, or `unanswered`: the table did not tell. */
export type ReadCircuit = CircuitView & { readonly unanswered: boolean };

/** Every circuit, in the order of their names. Never throws: what cannot be read is told in its place. */
export function readCircuits({ config, storeOf, clock, timeoutMs }: ReadOptions): Promise<readonly ReadCircuit[]> {
  const endMs = performance.now() + timeoutMs;
  const services = Object.entries(config.services).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return mapBounded(services, AT_ONCE, async ([service, timing]) => {
    const store = storeOf(service);
    const [state, history] = await Promise.all([
      attempt(endMs, () => store.read({ consistent: true })),
      attempt(endMs, () => store.history(HISTORY_LENGTH)),
    ]);
    for (const { fault } of [state, history]) if (fault !== null) logFault(service, fault);
    return {
      service,
      timing,
      circuit: state.value && settle(state.value, clock()),
      fault: state.fault,
      history: history.value,
      unanswered: state.unanswered,
    };
  });
}

interface Attempt<T> {
  readonly value: T | null;
  readonly fault: string | null;
  readonly unanswered: boolean;
}

async function attempt<T>(endMs: number, call: () => Promise<T>): Promise<Attempt<T>> {
  try {
    const leftMs = endMs - performance.now();
    const value = leftMs > 0 ? await within(leftMs, call()) : NO_ANSWER;
    if (value !== NO_ANSWER) return { value, fault: null, unanswered: false };
    return { value: null, fault: 'the table does not answer in time', unanswered: true };
  } catch (error) {
    // An item that is no circuit is an answer.
    return { value: null, fault: describeError(error), unanswered: !(error instanceof DecodeError) };
  }
}

function logFault(service: string, fault: string): void {
  writeLine({ message: 'circuit not read', service, error: fault });
}
