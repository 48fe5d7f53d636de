import { boolean, type Decoder, decodeJson, object, record, string, withDefault } from '../decode.ts';
import { type CircuitTiming, circuitTiming, encodeCircuit } from './circuit-policy.ts';

/** What whoever moves or shows a circuit knows of it. */
export interface CircuitConfig extends CircuitTiming {
  /** True: it rejects nothing by itself. */
  readonly shadow: boolean;
}

/** What the functions that move or show circuits know of them. */
export interface CircuitsConfig {
  readonly gateway: string;
  /** CloudWatch namespace of the metrics. */
  readonly namespace: string;
  /** By service name; a service without a circuit is absent. */
  readonly services: Readonly<Record<string, CircuitConfig>>;
}

/** Leaves out what the decoder has as a default. */
export function encodeCircuitsConfig({ services, ...config }: CircuitsConfig): object {
  const encoded = Object.entries(services).map(([service, circuit]) => [service, encodeCircuit(circuit)]);
  return { ...config, services: Object.fromEntries(encoded) };
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeCircuitsConfig(json: string): CircuitsConfig {
  return decodeJson(circuitsConfig, json, 'circuits');
}

const shadowed = object({ shadow: withDefault(boolean, false) });
const circuitConfig: Decoder<CircuitConfig> = (value, path) => ({
  ...circuitTiming(value, path),
  ...shadowed(value, path),
});
const circuitsConfig = object({ gateway: string, namespace: string, services: record(circuitConfig) });

/**
 * What an alarm that opens a circuit watches. `failures` watches slow answers as well, where the service counts them: an
 * alarm of three metrics costs less than two alarms and one made of both.
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
