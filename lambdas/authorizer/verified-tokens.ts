import type { Verified } from '../contract/verdict.ts';

/** For how long a verified token is believed before its signature is checked again: less than the issuer's keys are. */
export const REMEMBERED_MS = 5 * 60 * 1000;
/** At most 8 MB of the longest tokens; beyond that the oldest is forgotten. */
export const MAX_REMEMBERED = 1000;

interface Remembered {
  readonly verdict: Verified;
  readonly untilMs: number;
}

/**
 * The tokens that this environment verified lately. API Gateway's own cache is kept for each route apart, so one token
 * comes again for every route that it is used on; its signature costs some 100 us, this a few.
 */
export class VerifiedTokens {
  readonly #tokens = new Map<string, Remembered>();

  verdictOf(token: string, nowMs: number): Verified | undefined {
    const remembered = this.#tokens.get(token);
    if (remembered === undefined || nowMs < remembered.untilMs) return remembered?.verdict;
    this.#tokens.delete(token);
    return undefined;
  }

  /** @param expiresAtMs when the token expires, tolerance included */
  remember(token: string, verdict: Verified, expiresAtMs: number, nowMs: number): void {
    this.#tokens.delete(token);
    this.#tokens.set(token, { verdict, untilMs: Math.min(expiresAtMs, nowMs + REMEMBERED_MS) });
    if (this.#tokens.size > MAX_REMEMBERED) this.#tokens.delete(this.#tokens.keys().next().value as string);
  }
}
