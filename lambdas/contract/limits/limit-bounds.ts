/** What numbers a limit may have, in the stack and where operators set others: both ends are allowed. */
export const LIMIT_BOUNDS = {
  /** Of a window, and of a bucket's burst. */
  units: { min: 1, max: 10_000_000 },
  windowMs: { min: 1000, max: 31 * 86_400_000 },
  /**
   * Of a bucket: one unit in 31 days at least. The pause between two units is rounded up to whole microseconds, which
   * makes a bucket of the highest rate at most 1 % slower; those above would be slower still.
   */
  ratePerS: { min: 1 / (31 * 86_400), max: 10_000 },
  /** Requests under way at once; each is remembered by itself. */
  concurrency: { min: 1, max: 1000 },
  /** Units that one request counts for. */
  cost: { min: 1, max: 1000 },
} as const;
