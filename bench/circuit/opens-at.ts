/** What every breaker here opens at: half of at least five calls within ten seconds. */
export const OPENS_AT = { failureShare: 0.5, minRequests: 5, windowMs: 10_000 } as const;
