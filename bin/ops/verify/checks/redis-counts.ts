import { Metric } from '../../../../lambdas/contract/metrics.ts';
import { type AwsContext, awsCheck } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { METRICS_LATENESS, poll } from '../poll.ts';
import { sumsOf } from './metrics-arrive.ts';

const NAMESPACE = 'AWS/ElastiCache';
const COUNT = 'EvalBasedCmds';
const UNITS = 'EvalBasedCmdsECPUs';
/** Decision 0012: a decision takes about four. Twice as many would halve the decisions of a cache a second. */
const MOST_UNITS = 8;
/** Share of requests: a late call now and then means nothing. */
const MOST_FAILURES = 0.05;

/** Redis counts the limits, and no function counts by itself. The check also shows the cost of a decision. */
export const redis = awsCheck('Redis and its ECPU', async (context) => {
  const sums = await sumsOf(context);
  const units = await unitsOf(context);
  const names = [Metric.requests, Metric.storeErrors, Metric.countedLocally];
  const [requests = 0, errors = 0, alone = 0] = await sums(names);
  return judgeRedis({ requests, errors, alone, units });
});

/** Undefined: no serverless cache had calls. */
interface Units {
  readonly calls: number;
  readonly units: number;
}

async function unitsOf(context: AwsContext): Promise<Units | undefined> {
  const { cloudwatch } = context.aws;
  const caches = (await cloudwatch.metrics(NAMESPACE, UNITS)).flatMap(
    ({ dimensions }) => dimensions['clusterId'] ?? [],
  );
  const cache = nearestTo(context.command.stack.toLowerCase(), caches);
  if (cache === undefined) return undefined;
  const queries = [COUNT, UNITS].map((name) => ({ namespace: NAMESPACE, name, dimensions: { clusterId: cache } }));
  const [calls = 0, units = 0] = await poll(
    context,
    METRICS_LATENESS,
    () => cloudwatch.sums(queries, context.startedAtMs, context.clock()),
    ([count = 0, used = 0]) => count > 0 && used > 0,
  );
  return calls > 0 && units > 0 ? { calls, units } : undefined;
}

/** `tollgate-dev-foundation-…` for the stack `tollgate-dev-gateway`: the longest common beginning. */
export function nearestTo(stack: string, caches: readonly string[]): string | undefined {
  const common = (name: string) => {
    const other = [...name].findIndex((char, index) => stack[index] !== char);
    return other < 0 ? name.length : other;
  };
  return caches.toSorted((a, b) => common(b) - common(a))[0];
}

export interface RedisSeen {
  readonly requests: number;
  /** Failed calls. */
  readonly errors: number;
  /** Requests that were counted without Redis. */
  readonly alone: number;
  readonly units: Units | undefined;
}

export function judgeRedis({ requests, errors, alone, units }: RedisSeen): Outcome {
  const each = units && units.units / units.calls;
  const cost =
    each === undefined ? 'no ECPU seen: a cache node, or its metrics are late' : `${each.toFixed(1)} ECPU a script`;
  const seen = `of ${requests} requests ${errors} failed calls, ${alone} counted without Redis; ${cost}`;
  if (requests === 0) return notTried(`${seen}: no metric of this run can be seen`);
  if (Math.max(errors, alone) > requests * MOST_FAILURES) {
    return differs(
      seen,
      'functions cannot always reach Redis: look at the cache, its security group and the lines "redis lost"',
    );
  }
  if (each !== undefined && each > MOST_UNITS) {
    return differs(
      seen,
      `a decision costs more than the ${MOST_UNITS} ECPU that the figures of docs/cost.md allow. Report it`,
    );
  }
  return holds(seen);
}
