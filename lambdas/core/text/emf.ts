import { HIGH_RESOLUTION, type MetricName, MILLISECONDS, SERVICE_DIMENSION } from '../../contract/metrics.ts';

export type MetricValues = Readonly<Partial<Record<MetricName, number>>>;

/**
 * Log fields and metric values as one object in CloudWatch's Embedded Metric Format: CloudWatch Logs extracts the
 * metrics from the log line, so they cost no request.
 */
export function emf(
  { namespace, service }: { readonly namespace: string; readonly service: string },
  metrics: MetricValues,
  nowMs: number,
  fields: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const definitions = (Object.keys(metrics) as MetricName[]).map((name) => ({
    Name: name,
    Unit: MILLISECONDS.includes(name) ? 'Milliseconds' : 'Count',
    ...(HIGH_RESOLUTION.includes(name) ? { StorageResolution: 1 } : {}),
  }));
  return {
    ...fields,
    [SERVICE_DIMENSION]: service,
    ...metrics,
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[SERVICE_DIMENSION]], Metrics: definitions }],
    },
  };
}
