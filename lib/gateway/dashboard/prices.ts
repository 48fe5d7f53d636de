/**
 * On-demand prices of us-east-1 in dollars, without free tiers.
 *
 * Steps that only accounts far larger than one gateway reach are left out (Lambda past 7.5 billion GB-seconds, data out
 * past 10 TB): past them an estimate is too high, never too low.
 */
export const PRICES = {
  /** https://aws.amazon.com/api-gateway/pricing/: metered in steps of 512 KB. */
  httpApiRequests: [
    { upTo: 300e6, perMillion: 1.0 },
    { upTo: Number.POSITIVE_INFINITY, perMillion: 0.9 },
  ],
  /** https://aws.amazon.com/lambda/pricing/: arm64. */
  lambdaRequestsPerMillion: 0.2,
  lambdaGbSecond: 0.0000133334,
  /**
   * https://aws.amazon.com/elasticache/pricing/: a serverless cache is billed for `floorGb` when it holds less; a node
   * is a cache.t4g.micro.
   */
  cache: {
    valkey: { gbHour: 0.084, floorGb: 0.1, unitsPerMillion: 0.0023, nodeHour: 0.0128 },
    redis: { gbHour: 0.125, floorGb: 1, unitsPerMillion: 0.0034, nodeHour: 0.016 },
  },
  /** https://aws.amazon.com/cloudwatch/pricing/: alarms per metric that they read, a month. */
  alarmMetric: 0.1,
  highResolutionAlarmMetric: 0.3,
  dashboard: 3,
  logsGb: 0.5,
  /** https://aws.amazon.com/vpc/pricing/. */
  natHour: 0.045,
  dataOutGb: 0.09,
} as const;

/** AWS's own month: 365 days over 12. */
export const HOURS_PER_MONTH = 730;

export const BYTES_PER_GB = 1024 ** 3;
