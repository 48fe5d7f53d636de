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
  /** In CloudWatch's words. */
  readonly reason: string;
  /** The percentile that is among its metrics, `p99`. */
  readonly percentile: string | undefined;
  /** When the alarm changed, by CloudWatch's clock. */
  readonly atMs: number;
}

/** What an alarm saw; undefined where it does not tell, as after `set-alarm-state`. */
interface Measured {
  /** The newest datapoint that reached the threshold: of several periods one is enough. */
  readonly value: number | undefined;
  /** Seconds that the datapoint is of. */
  readonly periodS: number | undefined;
}

/** CloudWatch writes the zone as +0000, which only a lenient parser takes for ISO 8601. */
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

/** Of parts that only put a cause into words: an alarm opens a circuit whether they are understood or not. */
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

/** AWS: CloudWatch, "Alarm events and EventBridge". An event of another type, a changed configuration's, has a state, too. */
const bridgeEvent = object({ 'detail-type': member(['CloudWatch Alarm State Change']), detail: stateChange });

/** @throws DecodeError for what is neither the event of an alarm's action nor EventBridge's */
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
