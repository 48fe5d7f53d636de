import { describeError, writeLine } from '../adapters/log.ts';
import type { CircuitTiming } from '../contract/circuit/circuit-policy.ts';
import { type CircuitsConfig, circuitOfAlarm } from '../contract/circuit/circuits-config.ts';
import type { Signal } from '../core/circuit/circuit.ts';
import { causeOf } from './alarm-cause.ts';
import { type AlarmChange, decodeAlarmEvent } from './alarm-event.ts';

/** An event further off than this, either way, tells of another time than now. Clocks disagree by less. */
const TIMELY_MS = 300_000;

export type Trip = Extract<Signal, { type: 'trip' }>;

/** What an alarm asks for: that the circuit of its service opens. */
export interface AlarmedTrip {
  readonly service: string;
  readonly timing: CircuitTiming;
  readonly trip: Trip;
}

/**
 * Undefined, and a line that says why, for an event that asks for nothing. What is no event of an alarm is among them: it
 * would be none either when Lambda tries it again.
 */
export function tripOf(config: CircuitsConfig, event: unknown, nowMs: number): AlarmedTrip | undefined {
  const change = understood(event);
  if (change === undefined) return undefined;
  const { alarmName, state, atMs } = change;
  const ignored = (why: string) => {
    writeLine({ message: 'alarm ignored', why, alarm: alarmName, state });
    return undefined;
  };
  const told = circuitOfAlarm(config, alarmName);
  const timing = told && config.services[told.service];
  if (told === undefined || timing === undefined) return ignored('it is the alarm of no circuit');
  if (state !== 'ALARM') return ignored('only the state ALARM opens a circuit');
  if (nowMs - atMs > TIMELY_MS) return ignored('it is stale');
  if (atMs - nowMs > TIMELY_MS) return ignored('it is dated in the future');
  return { service: told.service, timing, trip: { type: 'trip', atMs, ...causeOf(told.kind, change) } };
}

function understood(event: unknown): AlarmChange | undefined {
  try {
    return decodeAlarmEvent(event);
  } catch (error) {
    writeLine({ message: 'alarm ignored', why: describeError(error) });
    return undefined;
  }
}
