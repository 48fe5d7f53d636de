import type { RateLimitPolicy } from '../contract/policy.ts';

/** What the rate limiter answered. */
export interface Decision {
  readonly allowed: boolean;
  readonly limit: number;
  /** Requests that would still be allowed now. */
  readonly remaining: number;
  /** Milliseconds until the oldest counted request leaves the window: when refused, until the next one is allowed. */
  readonly resetMs: number;
}

/** Whole seconds, rounded up, so that a client that waits as told is let in. */
export function resetS(decision: Decision): number {
  return Math.max(1, Math.ceil(decision.resetMs / 1000));
}

/**
 * `X-RateLimit-*` (limit, remaining, reset as epoch seconds) and the fields of the IETF draft
 * "RateLimit header fields for HTTP" (quota `q`, window `w`, remaining `r`, seconds to reset `t`).
 */
export function rateLimitHeaders(decision: Decision, policy: RateLimitPolicy, nowMs: number): Record<string, string> {
  const reset = resetS(decision);
  return {
    'x-ratelimit-limit': String(decision.limit),
    'x-ratelimit-remaining': String(decision.remaining),
    'x-ratelimit-reset': String(Math.ceil(nowMs / 1000) + reset),
    'ratelimit-policy': `"client";q=${policy.limit};w=${Math.ceil(policy.windowMs / 1000)}`,
    ratelimit: `"client";r=${decision.remaining};t=${reset}`,
  };
}
