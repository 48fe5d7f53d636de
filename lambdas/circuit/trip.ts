import { logTransition } from '../adapters/circuit-log.ts';
import type { CircuitStore } from '../adapters/circuit-store.ts';
import { writeLine } from '../adapters/log.ts';
import { type CircuitState, INITIAL_CIRCUIT, type Open } from '../contract/circuit-state.ts';
import type { CircuitsConfig } from '../contract/circuits-config.ts';
import { DecodeError } from '../contract/decode.ts';
import { type Now, transition } from '../core/circuit.ts';
import { type Demand, demandOf, type Trip } from './demand.ts';

/** Writers that get ahead of this one before it gives up; each of them has moved the circuit. */
const ATTEMPTS = 3;

export interface TripOptions {
  readonly config: CircuitsConfig;
  readonly storeOf: (service: string) => CircuitStore;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** 0 <= random < 1 */
  readonly random: () => number;
}

/**
 * Opens the circuit of the service whose alarm fired. Every other event is logged and dropped.
 *
 * @throws when the table does not answer, so that Lambda tries again
 */
export function createTrip({ config, storeOf, clock, random }: TripOptions) {
  return async (event: unknown): Promise<void> => {
    const now = { nowMs: clock(), random: random() };
    const demand = demandOf(config, event, now.nowMs);
    if (demand === undefined) return;
    const { service, trip } = demand;
    const store = storeOf(service);
    const { circuit, moved } = await open(store, demand, now);
    const told = { alarm: trip.by, circuit: circuit.state };
    if (moved) logTransition({ ...config, service }, circuit, now.nowMs);
    if (!isOpenedBy(circuit, trip)) return writeLine({ message: 'alarm ignored', why: 'it changes nothing', ...told });
    await store.remember(circuit, circuit.openedAtMs);
    // The event came again: the first time it may have failed between the circuit and its history.
    if (!moved) writeLine({ message: 'history completed', ...told });
  };
}

interface Outcome {
  /** As it stands afterwards. */
  readonly circuit: CircuitState;
  /** Whether this made it so. */
  readonly moved: boolean;
}

async function open(store: CircuitStore, { service, timing, trip }: Demand, now: Now): Promise<Outcome> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const circuit = await readable(store);
    if (circuit === undefined) {
      const opened = await store.overwrite(transition(INITIAL_CIRCUIT, trip, now, timing), now.nowMs);
      if (opened !== undefined) return { circuit: opened, moved: true };
      continue;
    }
    const next = transition(circuit, trip, now, timing);
    if (next === circuit) return { circuit, moved: false };
    if ((await store.replace(circuit, next)) === next) return { circuit: next, moved: true };
  }
  throw new Error(`the circuit of ${service} was moved by others ${ATTEMPTS} times in a row`);
}

/** Undefined for an item that somebody edited into nonsense: what nobody can read protects nobody. */
async function readable(store: CircuitStore): Promise<CircuitState | undefined> {
  try {
    return await store.read({ consistent: true });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

function isOpenedBy(circuit: CircuitState, { by, atMs }: Trip): circuit is Open {
  return circuit.state === 'open' && circuit.source === 'alarm' && circuit.by === by && circuit.alarmAtMs === atMs;
}
