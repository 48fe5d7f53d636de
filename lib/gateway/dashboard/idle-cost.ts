import { Duration } from 'aws-cdk-lib';
import type { FoundationCache } from '../../foundation/foundation.ts';
import { HOURS_PER_MONTH, PRICES } from './prices.ts';

/** The properties by which AWS bills an alarm. */
export interface BilledAlarm {
  /** A period under a minute costs more. */
  readonly period: Duration;
  /** Number of metrics that it reads. */
  readonly metrics: number;
}

/** Resources that cost money without any request. */
export interface IdleParts {
  readonly cache: Pick<FoundationCache, 'kind' | 'engine' | 'ecpuMinimum'>;
  readonly alarms: readonly BilledAlarm[];
  readonly natGateways: number;
}

/** Dollars a month without any request. */
export function idleCost(parts: IdleParts): {
  readonly cache: number;
  readonly alarms: number;
  readonly dashboard: number;
  readonly nat: number;
  readonly total: number;
} {
  const { gbHour, floorGb, nodeHour } = PRICES.cache[parts.cache.engine];
  const serverlessHour = gbHour * floorGb + readyUnitsHour(parts.cache);
  const cache = (parts.cache.kind === 'serverless' ? serverlessHour : nodeHour) * HOURS_PER_MONTH;
  const alarms = parts.alarms.reduce((sum, alarm) => sum + alarmCost(alarm), 0);
  const dashboard = PRICES.dashboard;
  const nat = PRICES.natHour * parts.natGateways * HOURS_PER_MONTH;
  return { cache, alarms, dashboard, nat, total: cache + alarms + dashboard + nat };
}

/** Dollars an hour for reserved processing units, used or not. */
function readyUnitsHour({ engine, ecpuMinimum = 0 }: IdleParts['cache']): number {
  return ((ecpuMinimum * 3600) / 1e6) * PRICES.cache[engine].unitsPerMillion;
}

function alarmCost({ period, metrics }: BilledAlarm): number {
  const highResolution = period.toSeconds() < Duration.minutes(1).toSeconds();
  return metrics * (highResolution ? PRICES.highResolutionAlarmMetric : PRICES.alarmMetric);
}
