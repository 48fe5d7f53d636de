import { logTransition } from '../adapters/circuit/circuit-log.ts';
import type { CircuitStore } from '../adapters/circuit/circuit-store.ts';
import { MOVE_ATTEMPTS, moveCircuit } from '../adapters/circuit/move-circuit.ts';
import { writeLine } from '../adapters/log.ts';
import { type CircuitState, INITIAL_CIRCUIT, type Open } from '../contract/circuit/circuit-state.ts';
import type { CircuitsConfig } from '../contract/circuit/circuits-config.ts';
import { type Trip, tripOf } from './alarmed-trip.ts';

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
 * @throws when the table does not answer, so that Lambda retries
 */
export function createTrip({ config, storeOf, clock, random }: TripOptions) {
  return async (event: unknown): Promise<void> => {
    const now = { nowMs: clock(), random: random() };
    const alarmed = tripOf(config, event, now.nowMs);
    if (alarmed === undefined) return;
    const { service, timing, trip } = alarmed;
    const store = storeOf(service);
    // An item that cannot be read protects no upstream.
    const move = await moveCircuit(store, trip, { now, timing, inPlaceOfUnreadable: INITIAL_CIRCUIT });
    if (move === undefined)
      throw new Error(`the circuit of ${service} was moved by others ${MOVE_ATTEMPTS} times in a row`);
    const { circuit, moved } = move;
    const fields = { alarm: trip.by, circuit: circuit.state };
    if (moved) logTransition({ ...config, service }, circuit, now.nowMs);
    if (!isOpenedBy(circuit, trip))
      return writeLine({ message: 'alarm ignored', why: 'it changes nothing', ...fields });
    await store.remember(circuit);
    // A retry of the event: the first attempt may have failed between the circuit and its history.
    if (!moved) writeLine({ message: 'history completed', ...fields });
  };
}

function isOpenedBy(circuit: CircuitState, { by, atMs }: Trip): circuit is Open {
  return circuit.state === 'open' && circuit.source === 'alarm' && circuit.by === by && circuit.alarmAtMs === atMs;
}
