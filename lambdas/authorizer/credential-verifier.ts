import type { Rejected, Verified } from '../contract/verdict.ts';

/** Verifies credentials of one kind, whatever a route asks of them. */
export interface CredentialVerifier {
  /**
   * @throws when it cannot tell, since what it needs cannot be had: an outage must never become a rejection, which API
   * Gateway would keep
   */
  verify(credential: string, nowMs: number): Promise<Verification>;
}

export type Verification = Accepted | Rejected;

export interface Accepted {
  readonly verdict: 'accepted';
  readonly verified: Verified;
  /** Epoch milliseconds from which on it has to be verified anew. */
  readonly untilMs: number;
}
