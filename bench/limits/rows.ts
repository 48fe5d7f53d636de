import { join } from 'node:path';
import { type Service, startService } from '../child.ts';

/** A limiter of the table, each in a process of its own. */
export interface Row {
  readonly name: string;
  /** File of `limiters`. */
  readonly file: string;
  /** Limits that it counts at once. */
  readonly limits?: number;
  /** Decides nothing: what the others cannot be cheaper than. */
  readonly floor?: true;
}

/** What Tollgate's rows must reach. A bucket lets its burst and its rate pass by design. */
export const GOALS = {
  /** Redis's CPU time over that of the floor. */
  cpu: 1.1,
  inAnyWindow: 100,
  overload: 100,
  windowBytes: 600,
  bucketBytes: 140,
  roundTrips: 1,
} as const;

export const FLOOR: Row = { name: 'floor: EVALSHA of a constant', file: 'constant.ts', floor: true };
export const ARTICLE: Row = { name: "the article's pipeline over a sorted set", file: 'article.ts' };
export const TOLLGATE: Row = {
  name: 'Tollgate, one window',
  file: 'tollgate-windows.ts',
};

export const ROWS: readonly Row[] = [
  { name: 'floor: PING', file: 'ping.ts', floor: true },
  FLOOR,
  ARTICLE,
  { name: 'rate-limiter-flexible', file: 'rate-limiter-flexible.mjs' },
  { name: '@upstash/ratelimit, sliding window', file: 'upstash.mjs' },
  { name: "@fastify/rate-limit's store", file: 'fastify.mjs' },
  { name: 'rate-limit-redis (express-rate-limit)', file: 'express.mjs' },
  TOLLGATE,
  { name: 'Tollgate, five windows at once', file: 'tollgate-windows.ts', limits: 5 },
  { name: 'Tollgate, token bucket', file: 'tollgate-bucket.ts' },
];

/** How the process of a row is set up. */
export interface Setup {
  readonly redisUrl: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly limits?: number;
  readonly connections?: number;
  readonly database?: number;
}

export function startRow(row: Pick<Row, 'file' | 'limits'>, setup: Setup): Promise<Service> {
  const variables = {
    BENCH_LIMITER: join(import.meta.dirname, 'limiters', row.file),
    BENCH_REDIS_URL: setup.redisUrl,
    BENCH_LIMIT: setup.limit,
    BENCH_WINDOW_MS: setup.windowMs,
    BENCH_LIMITS: setup.limits ?? row.limits ?? 1,
    BENCH_CONNECTIONS: setup.connections ?? CONNECTIONS,
    BENCH_DATABASE: setup.database ?? 0,
  };
  const texts = Object.entries(variables).map(([name, value]) => [name, String(value)]);
  return startService(join(import.meta.dirname, 'worker.ts'), Object.fromEntries(texts));
}

/** So many requests are under way at once, each over a connection of its own, as instances of a function would. */
export const CONNECTIONS = 64;
