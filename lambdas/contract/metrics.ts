/** The one dimension of every metric. */
export const SERVICE_DIMENSION = 'Service';

/**
 * The metrics a function may emit. `Failures` is written as 0 or 1 for each request that was forwarded and for no
 * other: its average is the failure share and its sample count the volume, so one metric feeds a circuit's alarm.
 */
export const Metric = {
  requests: 'Requests',
  failures: 'Failures',
  /** Milliseconds from the request leaving until the last byte of the upstream's answer; retries and their pauses count. */
  upstreamLatency: 'UpstreamLatency',
  /** Further attempts at requests whose connection failed. */
  retries: 'Retries',
  /** Milliseconds that the gateway itself added. */
  overhead: 'Overhead',
  /** Answered 429, by a limit or by a bound of concurrency. */
  rateLimited: 'RateLimited',
  /** Would have been answered 429, were the limit not in shadow mode. */
  shadowLimited: 'ShadowLimited',
  /** Refused although its credential was accepted: an operator revoked it. */
  revoked: 'Revoked',
  /** Counted by an instance alone, since Redis could not be asked. */
  countedLocally: 'CountedLocally',
  /** Let through uncounted, since Redis could not be asked and the limit opens then. */
  failedOpen: 'FailedOpen',
  /** Refused, since Redis could not be asked and the limit closes then. */
  failedClosed: 'FailedClosed',
  /** An instance lost Redis, or found it again: once a change. */
  storeLost: 'StoreLost',
  storeRecovered: 'StoreRecovered',
  circuitRejected: 'CircuitRejected',
  /** Would have been rejected by the circuit, were it not in shadow mode. */
  shadowRejected: 'CircuitShadowRejected',
  authRejected: 'AuthRejected',
  /** Failed calls to Redis or DynamoDB. */
  storeErrors: 'StoreErrors',
  circuitOpened: 'CircuitOpened',
  /** Began to let probes through. */
  circuitHalfOpened: 'CircuitHalfOpened',
  circuitClosed: 'CircuitClosed',
} as const;

export type MetricName = (typeof Metric)[keyof typeof Metric];

/** Metrics that an alarm with a period under a minute reads, so they are stored at one-second resolution. */
export const HIGH_RESOLUTION: readonly MetricName[] = [Metric.failures, Metric.upstreamLatency];

/** Metrics in milliseconds; all others are counts. */
export const MILLISECONDS: readonly MetricName[] = [Metric.upstreamLatency, Metric.overhead];
