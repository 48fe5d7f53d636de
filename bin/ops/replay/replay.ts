import type { LogEntry } from './log-entry.ts';
import type { TrialLimit } from './trial-limit.ts';

/** What a limit would have done to one subject. */
export interface Cut {
  readonly subject: string;
  readonly requests: number;
  readonly refused: number;
  /** Epoch milliseconds of the first refused request. */
  readonly firstMs: number;
}

/** What a limit would have done. */
export interface TrialResult {
  readonly limit: TrialLimit;
  readonly requests: number;
  readonly refused: number;
  readonly subjects: number;
  /** Who would have been refused, the most refused first. */
  readonly cut: readonly Cut[];
}

/**
 * Counts the requests of a log, each by the units that it cost, against limits in shadow mode: each limit as if it were
 * enforced, since a refused request is not counted, and independent of the others.
 *
 * @param entries in any order; they are counted by their times
 */
export function replay(entries: readonly LogEntry[], limits: readonly TrialLimit[]): readonly TrialResult[] {
  const ordered = entries.toSorted((one, other) => one.atMs - other.atMs);
  return limits.map((limit) => tryLimit(ordered, limit));
}

function tryLimit(entries: readonly LogEntry[], limit: TrialLimit): TrialResult {
  const seen = new Map<
    string,
    { count: ReturnType<TrialLimit['count']>; requests: number; refused: number; firstMs: number }
  >();
  for (const entry of entries) {
    const subject = limit.subjectOf(entry);
    if (subject === '') continue;
    const own = seen.get(subject) ?? { count: limit.count(), requests: 0, refused: 0, firstMs: 0 };
    seen.set(subject, own);
    own.requests += 1;
    if (own.count.assess(entry.atMs, entry.cost).allowed) own.count.charge(entry.atMs, entry.cost);
    else {
      if (own.refused === 0) own.firstMs = entry.atMs;
      own.refused += 1;
    }
  }
  const all = [...seen].map(([subject, { requests, refused, firstMs }]) => ({ subject, requests, refused, firstMs }));
  const sum = (of: (cut: Cut) => number) => all.reduce((total, cut) => total + of(cut), 0);
  return {
    limit,
    requests: sum(({ requests }) => requests),
    refused: sum(({ refused }) => refused),
    subjects: all.length,
    cut: all.filter(({ refused }) => refused > 0).toSorted((one, other) => other.refused - one.refused),
  };
}
