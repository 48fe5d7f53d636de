import { SlidingWindow } from '../../../lambdas/core/sliding-window.ts';
import { TokenBucket } from '../../../lambdas/core/token-bucket.ts';
import type { LogEntry } from './log-entry.ts';

/** A limit to be tried on a log. */
export interface TrialLimit {
  /** As it was written: `client=100/1m`. */
  readonly text: string;
  /** Whose requests it counts together; '' where the entry does not tell, and the entry is then left out. */
  readonly subjectOf: (entry: LogEntry) => string;
  readonly count: () => SlidingWindow | TokenBucket;
}

const SUBJECTS: Readonly<Record<string, TrialLimit['subjectOf']>> = {
  client: (entry) => entry.client,
  ip: (entry) => entry.ip,
  total: () => 'everybody',
};
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LIMIT = /^(?<by>\w+)=(?<limit>\d+(?:\.\d+)?)\/(?<span>\d*)(?<unit>ms|s|m|h|d)(?:\+(?<burst>\d+))?$/;
const MAX_LIMIT = 10_000_000;
const RULE =
  "a limit must be BY=NUMBER/WINDOW, or BY=RATE/s+BURST for a token bucket, where BY is one of client, ip, total: write one like 'client=100/1m' or 'client=10/s+50'";

/** @throws Error that says value, rule and fix */
export function parseTrialLimit(text: string): TrialLimit {
  const { by = '', limit, span, unit = '', burst } = LIMIT.exec(text)?.groups ?? {};
  const subjectOf = Object.hasOwn(SUBJECTS, by) ? SUBJECTS[by] : undefined;
  const [size, windowMs] = [Number(limit), Number(span || 1) * (UNITS_MS[unit] ?? Number.NaN)];
  if (subjectOf === undefined || !(size > 0 && size <= MAX_LIMIT) || !(windowMs > 0)) throw wrong(text);
  if (burst !== undefined) {
    const bucket = { burst: Number(burst), ratePerS: (size * 1000) / windowMs };
    if (!(bucket.burst >= 1 && bucket.burst <= MAX_LIMIT)) throw wrong(text);
    return { text, subjectOf, count: () => new TokenBucket(bucket) };
  }
  if (!Number.isInteger(size) || windowMs < 1000) throw wrong(text);
  return { text, subjectOf, count: () => new SlidingWindow({ limit: size, windowMs }) };
}

function wrong(text: string): Error {
  return new Error(`${RULE}, got ${JSON.stringify(text)}`);
}
