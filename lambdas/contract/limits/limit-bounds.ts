/** The numbers that a limit may have, in the stack and in operators' rules: both ends are allowed. */
export const LIMIT_BOUNDS = {
  /** For a window, and for a bucket's burst. */
  units: { min: 1, max: 10_000_000 },
  windowMs: { min: 1000, max: 31 * 86_400_000 },
  /**
   * For a bucket: at least one unit in 31 days. The pause between two units is rounded up to whole microseconds, which
   * makes a bucket at the highest rate at most 1 % slower; higher rates would lose more.
   */
  ratePerS: { min: 1 / (31 * 86_400), max: 10_000 },
  /** Requests under way at once; each has a lease of its own. */
  concurrency: { min: 1, max: 1000 },
  /** Units that one request counts for. */
  cost: { min: 1, max: 1000 },
} as const;
