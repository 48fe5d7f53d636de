import {
  array,
  DecodeError,
  type Decoder,
  decodeJson,
  member,
  number,
  object,
  string,
  withDefault,
} from '../contract/decode.ts';

/** A state change of a CloudWatch alarm. */
export interface AlarmChange extends Measured {
  readonly alarmName: string;
  readonly state: string;
  /** CloudWatch's text. */
  readonly reason: string;
  /** The percentile among its metrics, such as `p99`. */
  readonly percentile: string | undefined;
  /** When the alarm changed, by CloudWatch's clock. */
  readonly atMs: number;
}

/** What an alarm measured; undefined where the event lacks it, as after `set-alarm-state`. */
interface Measured {
  /** The newest datapoint that reached the threshold. */
  readonly value: number | undefined;
  /** Length of the datapoint's period in seconds. */
  readonly periodS: number | undefined;
}

/** CloudWatch writes the zone as +0000, which is not ISO 8601. */
const timestamp: Decoder<number> = (value, path) => {
  const atMs = Date.parse(string(value, path).replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  if (Number.isNaN(atMs)) throw new DecodeError(path, 'a date', value);
  return atMs;
};

const reasonData = object({
  recentDatapoints: orElse(array(number), []),
  period: orElse<number | undefined>(number, undefined),
  threshold: orElse(number, Number.NEGATIVE_INFINITY),
});

/** JSON in a string. Its datapoints go from old to new. */
const measured: Decoder<Measured> = (value, path) => {
  const { recentDatapoints, period, threshold } = decodeJson(reasonData, string(value, path), path);
  const reached = recentDatapoints.findLast((datapoint) => datapoint >= threshold);
  return { value: reached ?? recentDatapoints.at(-1), periodS: period };
};

const metric = object({ metricStat: withDefault(object({ stat: string }), { stat: '' }) });
const configuration = object({ metrics: array(metric) });

const percentile: Decoder<string | undefined> = (value, path) => {
  const stats = configuration(value, path).metrics.map(({ metricStat }) => metricStat.stat);
  return stats.find((stat) => /^p\d/.test(stat));
};

/** For fields that only describe the cause: an alarm opens a circuit even if they cannot be decoded. */
function orElse<T>(decoder: Decoder<T>, fallback: T): Decoder<T> {
  return (value, path) => {
    try {
      return decoder(value, path);
    } catch {
      return fallback;
    }
  };
}

const stateChange = object({
  alarmName: string,
  state: object({
    value: string,
    reason: string,
    reasonData: orElse(measured, { value: undefined, periodS: undefined }),
    timestamp,
  }),
  configuration: orElse(percentile, undefined),
});

/** The event of a Lambda alarm action (AWS: CloudWatch, "Invoke a Lambda function from an alarm"). */
const actionEvent = object({ alarmData: stateChange });

/** AWS: CloudWatch, "Alarm events and EventBridge". The type is checked because other events have a state as well. */
const bridgeEvent = object({ 'detail-type': member(['CloudWatch Alarm State Change']), detail: stateChange });

/** @throws DecodeError for an event that comes neither from an alarm's action nor from EventBridge */
export function decodeAlarmEvent(event: unknown): AlarmChange {
  const { alarmName, state, configuration } = isBridged(event)
    ? bridgeEvent(event, 'event').detail
    : actionEvent(event, 'event').alarmData;
  const { value, reason, timestamp, reasonData } = state;
  return { alarmName, state: value, reason, percentile: configuration, atMs: timestamp, ...reasonData };
}

function isBridged(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'detail' in event;
}
