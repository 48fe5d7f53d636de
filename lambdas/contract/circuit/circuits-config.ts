import { boolean, type Decoded, object, record, string } from '../decode.ts';
import { circuitTiming } from './circuit-policy.ts';

/** Configuration shared by every function that reads or changes circuits. */
const circuitConfig = object({
  ...circuitTiming,
  /** True: the circuit rejects nothing by itself. */
  shadow: boolean,
});
export type CircuitConfig = Decoded<typeof circuitConfig>;

export const circuitsConfig = object({
  gateway: string,
  /** CloudWatch namespace of the metrics. */
  namespace: string,
  /** By service name; a service without a circuit is absent. */
  services: record(circuitConfig),
});
/** The document `circuits.json`. */
export type CircuitsConfig = Decoded<typeof circuitsConfig>;

/**
 * The kinds of alarms that open a circuit. `failures` also watches slow answers, if the service counts them: one alarm on
 * three metrics costs less than two alarms and a composite one.
 */
export const CIRCUIT_ALARMS = ['failures', 'throttles'] as const;
export type CircuitAlarmKind = (typeof CIRCUIT_ALARMS)[number];

/** The alarm that opens a service's circuit carries the service in its name: an alarm's event has no other free field. */
export function circuitAlarmName(gateway: string, service: string, kind: CircuitAlarmKind): string {
  return `${gateway}-${service}-${kind}`;
}

/** The inverse of `circuitAlarmName`, or undefined for an alarm that is not a circuit's of this gateway. */
export function circuitOfAlarm(
  config: CircuitsConfig,
  alarmName: string,
): { readonly service: string; readonly kind: CircuitAlarmKind } | undefined {
  for (const service of Object.keys(config.services)) {
    const kind = CIRCUIT_ALARMS.find((one) => circuitAlarmName(config.gateway, service, one) === alarmName);
    if (kind !== undefined) return { service, kind };
  }
  return undefined;
}
