import { logTransition } from '../adapters/circuit-log.ts';
import type { CircuitStore } from '../adapters/circuit-store.ts';
import { writeLine } from '../adapters/log.ts';
import { type CircuitsConfig, serviceOfAlarm } from '../contract/circuits-config.ts';
import { transition } from '../core/circuit.ts';
import { decodeAlarmEvent } from './alarm-event.ts';

/** An alarm's own words are kept up to this length. */
const MAX_REASON_LENGTH = 256;

/** Writers that get ahead of this one before it gives up; each of them has moved the circuit. */
const ATTEMPTS = 3;

export interface TripOptions {
  readonly config: CircuitsConfig;
  readonly storeOf: (service: string) => CircuitStore;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * Opens the circuit of the service whose alarm fired. An alarm that is not a circuit's, or that left the alarm state, is
 * logged and changes nothing.
 *
 * @throws when the event is no alarm's or the table does not answer, so that Lambda tries again
 */
export function createTrip({ config, storeOf, clock }: TripOptions) {
  return async (event: unknown): Promise<void> => {
    const { alarmName, state, reason, atMs } = decodeAlarmEvent(event);
    const service = serviceOfAlarm(config, alarmName);
    const policy = service === undefined ? undefined : config.services[service];
    if (service === undefined || policy === undefined || state !== 'ALARM') {
      writeLine({ message: 'alarm ignored', alarm: alarmName, state });
      return;
    }
    const store = storeOf(service);
    const signal = { type: 'trip', source: 'alarm', reason: reason.slice(0, MAX_REASON_LENGTH), atMs } as const;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const circuit = await store.read({ consistent: true });
      const next = transition(circuit, signal, clock(), policy);
      if (next === circuit) return;
      if ((await store.replace(circuit, next)) === next) {
        logTransition({ ...config, service }, next, clock());
        await store.remember(next, clock());
        return;
      }
    }
    throw new Error(`the circuit of ${service} was moved by others ${ATTEMPTS} times in a row`);
  };
}
