import { NO_OUTCOMES, sumOf } from '../../../lambdas/core/circuit/outcome.ts';
import type { MakeBreaker } from '../breaker.ts';
import { OPENS_AT } from '../opens-at.ts';

const SLICES = 10;
const SLICE_MS = OPENS_AT.windowMs / SLICES;
const OPEN = new Error('the circuit is open');

/** As little as a breaker of this process alone needs: counts in ten slices, and one error for all that it rejects. */
export const makeBreaker: MakeBreaker = (work, { openForMs }) => {
  const slices = Array.from({ length: SLICES }, () => ({ index: 0, total: 0, failures: 0 }));
  let retryAtMs = 0;

  const sliceAt = (nowMs: number) => {
    const index = Math.floor(nowMs / SLICE_MS);
    const slice = slices[index % SLICES];
    if (slice === undefined) throw new RangeError(`there is no slice at ${nowMs}`);
    if (slice.index !== index) Object.assign(slice, { index, total: 0, failures: 0 });
    return slice;
  };

  const fail = (nowMs: number): void => {
    const current = sliceAt(nowMs);
    current.total += 1;
    current.failures += 1;
    const { total, failures } = slices
      .filter(({ index }) => index > current.index - SLICES)
      .reduce((sum, slice) => sumOf(sum, { ...NO_OUTCOMES, ...slice }), NO_OUTCOMES);
    if (total >= OPENS_AT.minRequests && failures / total >= OPENS_AT.failureShare) retryAtMs = nowMs + openForMs;
  };

  return {
    call: async () => {
      if (Date.now() < retryAtMs) throw OPEN;
      try {
        const result = await work();
        sliceAt(Date.now()).total += 1;
        retryAtMs = 0;
        return result;
      } catch (error) {
        fail(Date.now());
        throw error;
      }
    },
  };
};
