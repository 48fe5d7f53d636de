import { type CircuitPolicy, DEFAULT_TIMING } from '../../lambdas/contract/circuit-policy.ts';

/** What every breaker here opens at: half of at least five calls within ten seconds. */
export const OPENS_AT = { failureShare: 0.5, minRequests: 5, windowMs: 10_000 } as const;

export function circuitPolicy(changes: Partial<CircuitPolicy> & Pick<CircuitPolicy, 'openForMs'>): CircuitPolicy {
  return {
    ...OPENS_AT,
    ...DEFAULT_TIMING,
    outcomes: true,
    slow: null,
    failureStatuses: null,
    failOnTimeout: true,
    failOnReset: true,
    healthCheck: null,
    shadow: false,
    fallback: null,
    ...changes,
  };
}
