import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import { quote } from '../../../lambdas/contract/limits/rule-id.ts';
import { TokenBucket } from '../../../lambdas/core/limits/kinds/bucket.ts';
import { SlidingWindow } from '../../../lambdas/core/limits/kinds/sliding-window.ts';
import { UNITS_MS } from '../duration.ts';
import type { LogEntry } from './log-entry.ts';

/** A limit to try on a log. */
export interface TrialLimit {
  /** As it was written: `client=100/1m`. */
  readonly text: string;
  /** The subject whose requests it counts together; '' if the entry lacks it: the entry is then ignored. */
  readonly subjectOf: (entry: LogEntry) => string;
  readonly count: () => SlidingWindow | TokenBucket;
}

const SUBJECTS: Readonly<Record<string, TrialLimit['subjectOf']>> = {
  client: (entry) => entry.client,
  ip: (entry) => entry.ip,
  total: () => 'everybody',
};
const LIMIT = /^(?<by>\w+)=(?<limit>\d+(?:\.\d+)?)\/(?<span>\d*)(?<unit>[smhd])(?:\+(?<burst>\d+))?$/;
const RULE =
  "a limit must be BY=NUMBER/WINDOW, or BY=RATE/s+BURST for a token bucket, where BY is one of client, ip, total, with numbers that the stack takes too: write one like 'client=100/1m' or 'client=10/s+50'";

/** @throws Error with the value, the rule and the fix */
export function parseTrialLimit(text: string): TrialLimit {
  const { by = '', limit, span, unit = '', burst } = LIMIT.exec(text)?.groups ?? {};
  const subjectOf = Object.hasOwn(SUBJECTS, by) ? SUBJECTS[by] : undefined;
  const [size, windowMs] = [Number(limit), Number(span || 1) * (UNITS_MS[unit] ?? Number.NaN)];
  const count = burst === undefined ? window(size, windowMs) : bucket(Number(burst), (size * 1000) / windowMs);
  if (subjectOf === undefined || count === undefined) throw new Error(`${RULE}, got ${quote(text)}`);
  return { text, subjectOf, count };
}

function window(limit: number, windowMs: number): TrialLimit['count'] | undefined {
  if (!Number.isInteger(limit) || !isWithin('units', limit) || !isWithin('windowMs', windowMs)) return undefined;
  return () => new SlidingWindow({ limit, windowMs });
}

function bucket(burst: number, ratePerS: number): TrialLimit['count'] | undefined {
  if (!isWithin('units', burst) || !isWithin('ratePerS', ratePerS)) return undefined;
  return () => new TokenBucket({ burst, ratePerS });
}

function isWithin(bounds: keyof typeof LIMIT_BOUNDS, value: number): boolean {
  const { min, max } = LIMIT_BOUNDS[bounds];
  return value >= min && value <= max;
}
