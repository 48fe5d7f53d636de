/** RFC 9110 §9.2.2: to send one of these twice has the effect of sending it once. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** The pause before the first retry is shorter than this, before each further one shorter than twice that of the last. */
const FIRST_PAUSE_MS = 25;

/** An attempt that has less time than this would only turn one error into another. */
const SHORTEST_ATTEMPT_MS = 50;

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/**
 * "Full jitter": any pause up to a bound that doubles. What failed together for all clients comes back spread evenly.
 *
 * @param retries made before this one
 * @param random 0 <= x < 1
 */
export function retryPauseMs(retries: number, random: number): number {
  return random * FIRST_PAUSE_MS * 2 ** retries;
}

/** Whether an attempt after a pause would still be of use. */
export function leavesTime(leftMs: number, pauseMs: number): boolean {
  return leftMs > pauseMs + SHORTEST_ATTEMPT_MS;
}
