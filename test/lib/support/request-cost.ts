import { BYTES_PER_GB, HOURS_PER_MONTH, PRICES } from '../../../lib/gateway/dashboard/prices.ts';
import type { PriceTier } from '../../../lib/gateway/dashboard/tiered-price.ts';

/** Prices that docs/cost.md tells and the dashboard does not use. On demand, us-east-1, in dollars. */
export const FURTHER_PRICES = {
  /** https://aws.amazon.com/api-gateway/pricing/: the step past 20 billion requests is left out. */
  restApiRequests: [
    { upTo: 333e6, perMillion: 3.5 },
    { upTo: 1_000e6, perMillion: 2.8 },
    { upTo: Number.POSITIVE_INFINITY, perMillion: 2.38 },
  ],
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/. */
  tableWritesPerMillion: 0.625,
  tableReadsPerMillion: 0.125,
  /** https://aws.amazon.com/cloudwatch/pricing/: a month. */
  customMetric: 0.3,
  compositeAlarm: 0.5,
  /** https://aws.amazon.com/vpc/pricing/. */
  natGb: 0.045,
  /** https://aws.amazon.com/ec2/pricing/on-demand/: between zones, $0.01 where it leaves and $0.01 where it arrives. */
  betweenZonesGb: 0.02,
} as const;

/** Dollars for `units` a month: each tier prices only what falls into it. */
export function tieredCost(tiers: readonly PriceTier[], units: number): number {
  let from = 0;
  let dollars = 0;
  for (const { upTo, perMillion } of tiers) {
    dollars += (Math.max(0, Math.min(units, upTo) - from) / 1e6) * perMillion;
    from = upTo;
  }
  return dollars;
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
  /** Read units: half a one for each read that is eventually consistent. */
  readonly tableReads: number;
  readonly bytesOut: number;
  /** To the upstream and the cache and back, as far as those are in another zone than the function. */
  readonly bytesBetweenZones: number;
  /** Access log, the gateway's own line and Lambda's three lines an invocation. */
  readonly logBytes: number;
}

/**
 * Processing units of a serverless cache for the scripts of a request, which transfer under 1 KB. AWS publishes no formula
 * for scripts; its own estimator takes 3 us of vCPU time for a unit.
 *
 * @param scriptsUs `usec_per_call` of INFO commandstats: 20 us for the decision under one limit (11) and the outcome (9),
 * 34 us under five limits (25 and 9)
 */
export function cacheUnitsOf(scriptsUs: number): number {
  return Math.ceil(scriptsUs / 3);
}

/** Dollars a month for reading the rules of operators, strongly consistent: a read for each 4 KB of a Query. */
export function ruleReadsCost(rules: number, everyMs: number): number {
  const readsOfOne = Math.max(1, Math.ceil((rules * RULE_BYTES) / 4096));
  const queries = (HOURS_PER_MONTH * 3_600_000) / everyMs;
  return ((queries * readsOfOne) / 1e6) * FURTHER_PRICES.tableReadsPerMillion;
}

/** An item of the table with one revocation or limit, keys and reason included. */
const RULE_BYTES = 400;

/**
 * The request that docs/cost.md prices: a verdict in five is not cached, the upstream takes 50 ms, 2 KB are answered and
 * 1 KB goes with the request and the cache's commands, half of the 3 KB between two zones. Two scripts count in Redis. The
 * circuit is read 0.18 times a request where an instance has 5 requests a second (0.12 times at 10; both measured). The
 * access log's line, the gateway's own and Lambda's three are 1,858 bytes, measured.
 */
export const TYPICAL_REQUEST: RequestProfile = {
  authorizerShare: 0.2,
  authorizerMs: 5,
  authorizerMemoryMb: 512,
  proxyMs: 60,
  proxyMemoryMb: 256,
  cacheUnits: cacheUnitsOf(20),
  tableReads: 0.18 / 2,
  bytesOut: 2048,
  bytesBetweenZones: 1536,
  logBytes: 1858,
};

/** Dollars a month that the requests themselves cost, by part. */
export interface RequestCost {
  readonly httpApi: number;
  readonly lambdaRequests: number;
  readonly lambdaCompute: number;
  readonly cacheUnits: number;
  readonly table: number;
  readonly logs: number;
  readonly dataOut: number;
  readonly betweenZones: number;
  readonly total: number;
}

export function requestCost(profile: RequestProfile, requestsAMonth: number): RequestCost {
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
    table: millions * profile.tableReads * FURTHER_PRICES.tableReadsPerMillion,
    logs: ((requestsAMonth * profile.logBytes) / BYTES_PER_GB) * PRICES.logsGb,
    betweenZones: ((requestsAMonth * profile.bytesBetweenZones) / BYTES_PER_GB) * FURTHER_PRICES.betweenZonesGb,
    dataOut: ((requestsAMonth * profile.bytesOut) / BYTES_PER_GB) * PRICES.dataOutGb,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, dollars) => sum + dollars, 0) };
}
