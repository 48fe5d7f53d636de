import type { Rejected, Verified } from '../contract/auth/verdict.ts';

/** Verifies credentials of one kind, whatever a route asks of them. */
export interface CredentialVerifier {
  /**
   * @throws if it cannot decide, for example in an outage: an outage must never become a rejection, because API Gateway
   * would cache that
   */
  verify(credential: string, nowMs: number): Promise<Verification>;
}

/** Longest time that a verified credential is remembered: shorter than an issuer's keys are. */
export const MAX_BELIEVED_MS = 5 * 60_000;

export type Verification = Accepted | Rejected;

export interface Accepted {
  readonly verdict: 'accepted';
  readonly verified: Verified;
  /** Epoch milliseconds; from then on the credential must be verified again. */
  readonly untilMs: number;
}
