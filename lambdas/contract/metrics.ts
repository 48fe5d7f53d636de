/** The one dimension of every metric. */
export const SERVICE_DIMENSION = 'Service';

/**
 * The metrics a function may emit. `Failures` is written as 0 or 1 for each request that was forwarded and for no
 * other: its average is the failure share and its sample count the volume, so one metric feeds a circuit's alarm.
 */
export const Metric = {
  requests: 'Requests',
  failures: 'Failures',
  /** Milliseconds from the request leaving until the last byte of the upstream's answer. */
  upstreamLatency: 'UpstreamLatency',
  /** Milliseconds that the gateway itself added. */
  overhead: 'Overhead',
  rateLimited: 'RateLimited',
  circuitRejected: 'CircuitRejected',
  authRejected: 'AuthRejected',
  /** Failed calls to Redis or DynamoDB. */
  storeErrors: 'StoreErrors',
  circuitOpened: 'CircuitOpened',
  circuitClosed: 'CircuitClosed',
} as const;

export type MetricName = (typeof Metric)[keyof typeof Metric];

/** Metrics that an alarm with a period under a minute reads, so they are stored at one-second resolution. */
export const HIGH_RESOLUTION: readonly MetricName[] = [Metric.failures];

/** Metrics in milliseconds; all others are counts. */
export const MILLISECONDS: readonly MetricName[] = [Metric.upstreamLatency, Metric.overhead];
