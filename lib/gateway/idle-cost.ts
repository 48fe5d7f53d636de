import { Duration } from 'aws-cdk-lib';
import type { FoundationCache } from '../foundation/foundation.ts';
import { HOURS_PER_MONTH, PRICES } from './prices.ts';

/** What is paid for whether requests come or not. */
export interface IdleParts {
  readonly cache: Pick<FoundationCache, 'kind' | 'engine'>;
  /** The periods of the circuits' alarms: those under a minute are dearer. */
  readonly alarmPeriods: readonly Duration[];
  readonly natGateways: number;
}

/** A circuit's alarm reads the average and the sample count of one metric. */
const METRICS_OF_AN_ALARM = 2;

/** Dollars a month while no request comes. */
export function idleCost(parts: IdleParts): {
  readonly cache: number;
  readonly alarms: number;
  readonly dashboard: number;
  readonly nat: number;
  readonly total: number;
} {
  const { gbHour, floorGb, nodeHour } = PRICES.cache[parts.cache.engine];
  const cache = (parts.cache.kind === 'serverless' ? gbHour * floorGb : nodeHour) * HOURS_PER_MONTH;
  const alarms = METRICS_OF_AN_ALARM * parts.alarmPeriods.reduce((sum, period) => sum + alarmMetricPrice(period), 0);
  const dashboard = PRICES.dashboard;
  const nat = PRICES.natHour * parts.natGateways * HOURS_PER_MONTH;
  return { cache, alarms, dashboard, nat, total: cache + alarms + dashboard + nat };
}

function alarmMetricPrice(period: Duration): number {
  return period.toSeconds() < Duration.minutes(1).toSeconds() ? PRICES.highResolutionAlarmMetric : PRICES.alarmMetric;
}
