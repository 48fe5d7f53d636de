import type { Rejected, Verified } from '../contract/auth/verdict.ts';

/** Verifies credentials of one kind, whatever a route asks of them. */
export interface CredentialVerifier {
  /**
   * @throws when it cannot tell, since what it needs cannot be had: an outage must never become a rejection, which API
   * Gateway would keep
   */
  verify(credential: string, nowMs: number): Promise<Verification>;
}

/** The longest that a verifier may let what it found be believed: less than an issuer's keys are. */
export const MAX_BELIEVED_MS = 5 * 60_000;

export type Verification = Accepted | Rejected;

export interface Accepted {
  readonly verdict: 'accepted';
  readonly verified: Verified;
  /** Epoch milliseconds from which on it has to be verified anew. */
  readonly untilMs: number;
}
