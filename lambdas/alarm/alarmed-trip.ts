import { describeError, writeLine } from '../adapters/log.ts';
import type { CircuitTiming } from '../contract/circuit/circuit-policy.ts';
import { type CircuitsConfig, circuitOfAlarm } from '../contract/circuit/circuits-config.ts';
import type { Signal } from '../core/circuit/circuit.ts';
import { causeOf } from './alarm-cause.ts';
import { type AlarmChange, decodeAlarmEvent } from './alarm-event.ts';

/** An older event is stale, and one further in the future is wrong. Clocks differ by less. */
const TIMELY_MS = 300_000;

export type Trip = Extract<Signal, { type: 'trip' }>;

/** An alarm's request to open the circuit of its service. */
export interface AlarmedTrip {
  readonly service: string;
  readonly timing: CircuitTiming;
  readonly trip: Trip;
}

/**
 * Undefined for an event that opens no circuit; a log line says why. An event that cannot be decoded is such an event too:
 * a retry by Lambda would not change it.
 */
export function tripOf(config: CircuitsConfig, event: unknown, nowMs: number): AlarmedTrip | undefined {
  const change = decoded(event);
  if (change === undefined) return undefined;
  const { alarmName, state, atMs } = change;
  const ignored = (why: string) => {
    writeLine({ message: 'alarm ignored', why, alarm: alarmName, state });
    return undefined;
  };
  const target = circuitOfAlarm(config, alarmName);
  const timing = target && config.services[target.service];
  if (target === undefined || timing === undefined) return ignored('it is the alarm of no circuit');
  if (state !== 'ALARM') return ignored('only the state ALARM opens a circuit');
  if (nowMs - atMs > TIMELY_MS) return ignored('it is stale');
  if (atMs - nowMs > TIMELY_MS) return ignored('it is dated in the future');
  return { service: target.service, timing, trip: { type: 'trip', atMs, ...causeOf(target.kind, change) } };
}

function decoded(event: unknown): AlarmChange | undefined {
  try {
    return decodeAlarmEvent(event);
  } catch (error) {
    writeLine({ message: 'alarm ignored', why: describeError(error) });
    return undefined;
  }
}
