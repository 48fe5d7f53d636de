import { decodeJson, integer, object, record, string } from './decode.ts';

/** What the circuit function knows of the circuits that alarms may open. */
export interface CircuitsConfig {
  readonly gateway: string;
  /** CloudWatch namespace of the metrics. */
  readonly namespace: string;
  /** By service name; a service without a circuit is absent. */
  readonly services: Readonly<Record<string, { readonly openForMs: number }>>;
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeCircuitsConfig(json: string): CircuitsConfig {
  return decodeJson(circuitsConfig, json, 'circuits');
}

const circuitsConfig = object({
  gateway: string,
  namespace: string,
  services: record(object({ openForMs: integer })),
});

/** The alarm that opens a service's circuit carries the service in its name: an alarm's event has no other free field. */
export function circuitAlarmName(gateway: string, service: string): string {
  return `${gateway}-${service}-failures`;
}

/** The inverse of `circuitAlarmName`, or undefined for an alarm that is not a circuit's of this gateway. */
export function serviceOfAlarm(config: CircuitsConfig, alarmName: string): string | undefined {
  return Object.keys(config.services).find((service) => circuitAlarmName(config.gateway, service) === alarmName);
}
