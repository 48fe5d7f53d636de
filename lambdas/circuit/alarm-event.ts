import { DecodeError, object, string } from '../contract/decode.ts';

/** A state change of a CloudWatch alarm. */
export interface AlarmChange {
  readonly alarmName: string;
  readonly state: string;
  readonly reason: string;
  readonly atMs: number;
}

const alarmEvent = object({
  alarmData: object({
    alarmName: string,
    state: object({ value: string, reason: string, timestamp: string }),
  }),
});

/**
 * Reads the event of a Lambda alarm action (AWS: CloudWatch, "Invoke a Lambda function from an alarm").
 *
 * @throws DecodeError for any other event
 */
export function decodeAlarmEvent(event: unknown): AlarmChange {
  const { alarmName, state } = alarmEvent(event, 'event').alarmData;
  // CloudWatch writes the zone as +0000, which only a lenient parser takes for ISO 8601.
  const atMs = Date.parse(state.timestamp.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  if (Number.isNaN(atMs)) throw new DecodeError('event.alarmData.state.timestamp', 'a date', state.timestamp);
  return { alarmName, state: state.value, reason: state.reason, atMs };
}
