import type { StageModel, Throttle } from '../assembly/model.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Takes a token for a request to that route; false: none is left. */
export type Admit = (routeKey: string, nowMs: number) => boolean;

/** Token buckets of a stage: a route with settings of its own has its own bucket, the others share the stage's. */
export function createThrottle(stage: StageModel): Admit {
  const buckets = new Map<string, Bucket>();
  return (routeKey, nowMs) => {
    const own = stage.routeThrottles[routeKey];
    const throttle = own ?? stage.throttle;
    return throttle === null || take(buckets, own ? routeKey : '', throttle, nowMs);
  };
}

function take(buckets: Map<string, Bucket>, key: string, { ratePerSecond, burst }: Throttle, nowMs: number): boolean {
  const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
  const refilled = bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * ratePerSecond;
  const tokens = Math.min(burst, refilled);
  const admitted = tokens >= 1;
  buckets.set(key, { tokens: admitted ? tokens - 1 : tokens, atMs: nowMs });
  return admitted;
}
