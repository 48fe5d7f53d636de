/** One step of a price that falls with volume: units past the step before, up to and with `upTo`. */
export interface PriceTier {
  /** Monthly volume at which the step ends; the last step has no end. */
  readonly upTo: number;
  /** Dollars a million units. */
  readonly perMillion: number;
}

/**
 * On-demand prices of us-east-1 in dollars, without free tiers.
 *
 * Steps that only accounts far larger than one gateway reach are left out (Lambda past 7.5 billion GB-seconds, data out
 * past 10 TB, REST APIs past 20 billion requests): past them an estimate is too high, never too low.
 */
export const PRICES = {
  /** https://aws.amazon.com/api-gateway/pricing/: metered in steps of 512 KB. */
  httpApiRequests: [
    { upTo: 300e6, perMillion: 1.0 },
    { upTo: Number.POSITIVE_INFINITY, perMillion: 0.9 },
  ],
  restApiRequests: [
    { upTo: 333e6, perMillion: 3.5 },
    { upTo: 1_000e6, perMillion: 2.8 },
    { upTo: Number.POSITIVE_INFINITY, perMillion: 2.38 },
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
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/. */
  tableWritesPerMillion: 0.625,
  tableReadsPerMillion: 0.125,
  /** https://aws.amazon.com/cloudwatch/pricing/: alarms per metric that they read, a month. */
  alarmMetric: 0.1,
  highResolutionAlarmMetric: 0.3,
  customMetric: 0.3,
  dashboard: 3,
  logsGb: 0.5,
  /** https://aws.amazon.com/vpc/pricing/. */
  natHour: 0.045,
  natGb: 0.045,
  dataOutGb: 0.09,
} as const;

/** AWS's own month: 365 days over 12. */
export const HOURS_PER_MONTH = 730;

export const BYTES_PER_GB = 1024 ** 3;

/** A circuit's alarm reads the average and the sample count of one metric. */
const CIRCUIT_ALARM_METRICS = 2;

/** Dollars for `units` a month. */
export function tieredCost(tiers: readonly PriceTier[], units: number): number {
  return steps(tiers).reduce(
    (dollars, { from, upTo, perMillion }) => dollars + (Math.max(0, Math.min(units, upTo) - from) / 1e6) * perMillion,
    0,
  );
}

/**
 * `tieredCost` as CloudWatch metric math over the metric or expression `id`, a monthly volume. Each step adds the
 * difference of its price for what exceeds its start, so the expression grows by one term a step.
 */
export function tieredCostExpression(tiers: readonly PriceTier[], id: string): string {
  return steps(tiers)
    .map(({ from, perMillion }, index) => {
      if (index === 0) return `${id} * ${decimal(perMillion / 1e6)}`;
      const saved = (tiers[index - 1]?.perMillion ?? 0) - perMillion;
      return `IF(${id} > ${decimal(from)}, ${id} - ${decimal(from)}, 0) * ${decimal(saved / 1e6)}`;
    })
    .join(' - ');
}

function steps(tiers: readonly PriceTier[]): readonly (PriceTier & { readonly from: number })[] {
  return tiers.map((tier, index) => ({ ...tier, from: tiers[index - 1]?.upTo ?? 0 }));
}

/** Metric math knows no exponents (`1e-7`), and binary noise past the twelfth digit is no price. */
export function decimal(value: number): string {
  return value.toFixed(12).replace(/\.?0+$/, '');
}

/** Redis OSS costs more than Valkey, above all idle: its serverless caches are billed for 1 GB at least. */
export type CacheEngine = keyof typeof PRICES.cache;

/** What is paid for whether requests come or not. */
export interface IdleParts {
  readonly cache: { readonly engine: CacheEngine } & (
    | { readonly kind: 'serverless' }
    | { readonly kind: 'node'; readonly nodes: number }
  );
  /** Services with a circuit: each has an alarm. */
  readonly circuits: number;
  readonly dashboards: number;
  readonly natGateways: number;
}

/** Dollars a month while no request comes. */
export function idleCost(idleParts: IdleParts): {
  readonly cache: number;
  readonly alarms: number;
  readonly dashboard: number;
  readonly nat: number;
  readonly total: number;
} {
  const { gbHour, floorGb, nodeHour } = PRICES.cache[idleParts.cache.engine];
  const cacheHour = idleParts.cache.kind === 'serverless' ? gbHour * floorGb : nodeHour * idleParts.cache.nodes;
  const cache = cacheHour * HOURS_PER_MONTH;
  const alarms = PRICES.highResolutionAlarmMetric * CIRCUIT_ALARM_METRICS * idleParts.circuits;
  const dashboard = PRICES.dashboard * idleParts.dashboards;
  const nat = PRICES.natHour * idleParts.natGateways * HOURS_PER_MONTH;
  return { cache, alarms, dashboard, nat, total: cache + alarms + dashboard + nat };
}

/** What one request uses, on average. */
export interface RequestProfile {
  /** Share of requests whose verdict was not cached: each is one more invocation. */
  readonly authorizerShare: number;
  readonly authorizerMs: number;
  readonly authorizerMemoryMb: number;
  /** The proxy function waits for the upstream, and the wait is billed. */
  readonly proxyMs: number;
  readonly proxyMemoryMb: number;
  readonly cacheUnits: number;
  readonly tableReads: number;
  readonly bytesOut: number;
  /** Access log, the gateway's own line and Lambda's three lines an invocation. */
  readonly logBytes: number;
}

/** Dollars a month that the requests themselves cost, by part. */
export interface UsageCost {
  readonly httpApi: number;
  readonly lambdaRequests: number;
  readonly lambdaCompute: number;
  readonly cacheUnits: number;
  readonly table: number;
  readonly logs: number;
  readonly dataOut: number;
  readonly total: number;
}

export function usageCost(profile: RequestProfile, requestsAMonth: number): UsageCost {
  const millions = requestsAMonth / 1e6;
  const gbSecondsARequest =
    ((profile.proxyMs / 1000) * profile.proxyMemoryMb +
      profile.authorizerShare * (profile.authorizerMs / 1000) * profile.authorizerMemoryMb) /
    1024;
  const parts = {
    httpApi: tieredCost(PRICES.httpApiRequests, requestsAMonth),
    lambdaRequests: millions * (1 + profile.authorizerShare) * PRICES.lambdaRequestsPerMillion,
    lambdaCompute: requestsAMonth * gbSecondsARequest * PRICES.lambdaGbSecond,
    cacheUnits: millions * profile.cacheUnits * PRICES.cache.valkey.unitsPerMillion,
    table: millions * profile.tableReads * PRICES.tableReadsPerMillion,
    logs: ((requestsAMonth * profile.logBytes) / BYTES_PER_GB) * PRICES.logsGb,
    dataOut: ((requestsAMonth * profile.bytesOut) / BYTES_PER_GB) * PRICES.dataOutGb,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, dollars) => sum + dollars, 0) };
}

/**
 * The request that docs/cost.md prices: a verdict in five is not cached, the upstream takes 50 ms, 2 KB are answered,
 * two scripts count in Redis, and the access log, the gateway's own line (836 bytes measured) and Lambda's three are logged.
 */
export const TYPICAL_REQUEST: RequestProfile = {
  authorizerShare: 0.2,
  authorizerMs: 5,
  authorizerMemoryMb: 512,
  proxyMs: 60,
  proxyMemoryMb: 256,
  cacheUnits: 6,
  tableReads: 0.02,
  bytesOut: 2048,
  logBytes: 1600,
};
