import { array, DecodeError, type Decoder, decodeJson, member, number, object, string } from '../contract/decode.ts';

/** A state change of a CloudWatch alarm. */
export interface AlarmChange extends Measured {
  readonly alarmName: string;
  readonly state: string;
  /** In CloudWatch's words. */
  readonly reason: string;
  /** When the alarm changed, by CloudWatch's clock. */
  readonly atMs: number;
}

/** What an alarm saw; undefined where it does not tell, as after `set-alarm-state`. */
interface Measured {
  /** Its newest datapoint. */
  readonly value: number | undefined;
  /** Seconds that the datapoint is of. */
  readonly periodS: number | undefined;
}

const NOTHING_MEASURED: Measured = { value: undefined, periodS: undefined };

/** CloudWatch writes the zone as +0000, which only a lenient parser takes for ISO 8601. */
const timestamp: Decoder<number> = (value, path) => {
  const atMs = Date.parse(string(value, path).replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  if (Number.isNaN(atMs)) throw new DecodeError(path, 'a date', value);
  return atMs;
};

const reasonData = object({ recentDatapoints: array(number), period: number });

/** JSON in a string, whose form AWS shows and does not promise: an alarm opens a circuit whether it is understood or not. */
const measured: Decoder<Measured> = (value, path) => {
  try {
    const { recentDatapoints, period } = decodeJson(reasonData, string(value, path), path);
    // They go from old to new.
    return { value: recentDatapoints.at(-1), periodS: period };
  } catch {
    return NOTHING_MEASURED;
  }
};

const stateChange = object({
  alarmName: string,
  state: object({ value: string, reason: string, reasonData: measured, timestamp }),
});

/** The event of a Lambda alarm action (AWS: CloudWatch, "Invoke a Lambda function from an alarm"). */
const actionEvent = object({ alarmData: stateChange });

/** AWS: CloudWatch, "Alarm events and EventBridge". An event of another type, a changed configuration's, has a state, too. */
const bridgeEvent = object({ 'detail-type': member(['CloudWatch Alarm State Change']), detail: stateChange });

/** @throws DecodeError for what is neither the event of an alarm's action nor EventBridge's */
export function decodeAlarmEvent(event: unknown): AlarmChange {
  const { alarmName, state } = isBridged(event)
    ? bridgeEvent(event, 'event').detail
    : actionEvent(event, 'event').alarmData;
  return { alarmName, state: state.value, reason: state.reason, atMs: state.timestamp, ...state.reasonData };
}

function isBridged(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'detail' in event;
}
