import fc from 'fast-check';

/** So many requests at once, after the clock moved: mostly onwards, sometimes back. */
export interface Burst {
  readonly stepMs: number;
  readonly requests: number;
}

export interface Traffic {
  readonly limit: number;
  readonly windowMs: number;
  readonly bursts: readonly Burst[];
}

/** Traffic that makes windows fill, drain and stand exactly at their edges. */
export function windowTraffic(limits: readonly number[]): fc.Arbitrary<Traffic> {
  return fc.constantFrom(...limits).chain((limit) =>
    fc.constantFrom(1000, 60_000, 86_400_000).chain((windowMs) => {
      const step = fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 0, max: Math.ceil(windowMs / 3) }) },
        { weight: 2, arbitrary: fc.constantFrom(windowMs - 1, windowMs, windowMs + 1, 0, 1) },
        { weight: 1, arbitrary: fc.integer({ min: -2 * windowMs, max: -1 }) },
        { weight: 1, arbitrary: fc.constant(100 * windowMs) },
      );
      const requests = fc.integer({ min: 1, max: Math.ceil(limit * 1.2) });
      const burst = fc.record({ stepMs: step, requests });
      return fc.record({
        limit: fc.constant(limit),
        windowMs: fc.constant(windowMs),
        // The oracle goes over every admitted request at each of them.
        bursts: fc.array(burst, { minLength: 1, maxLength: limit > 100 ? 3 : 12 }),
      });
    }),
  );
}

/** The clock's reading at each request of the traffic. */
export function clockReadings({ bursts }: Traffic, startMs = Date.UTC(2026, 0, 1)): number[] {
  let nowMs = startMs;
  return bursts.flatMap(({ stepMs, requests }) => {
    nowMs += stepMs;
    return Array.from({ length: requests }, () => nowMs);
  });
}
