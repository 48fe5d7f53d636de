/** RFC 9110 §9.2.2: sending one of these twice has the effect of sending it once. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Upper bound of the pause before the first retry; it doubles with each further retry. */
const FIRST_PAUSE_MS = 25;

/** An attempt with less time than this would only replace one error by another. */
const SHORTEST_ATTEMPT_MS = 50;

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/**
 * "Full jitter": a random pause up to a bound that doubles. Requests that failed together are sent again spread evenly.
 *
 * @param retries made before this one
 * @param random 0 <= x < 1
 */
export function retryPauseMs(retries: number, random: number): number {
  return random * FIRST_PAUSE_MS * 2 ** retries;
}

/** Whether there is time for an attempt after a pause. */
export function leavesTime(leftMs: number, pauseMs: number): boolean {
  return leftMs > pauseMs + SHORTEST_ATTEMPT_MS;
}
