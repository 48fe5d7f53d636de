import type { CredentialVerifier, Verification } from './credential-verifier.ts';
import type { VerifiedCredentials } from './verified-credentials.ts';

export interface RememberingOptions {
  /** Of all kinds together: what is revoked is forgotten whichever verifier hears of it first. */
  readonly remembered: VerifiedCredentials;
  /** Whether something was revoked since it was last asked. */
  readonly revoked: () => boolean | Promise<boolean>;
  /** Changes when an issuer withdraws a signing key. */
  readonly generation: () => number;
}

/** Verifies a credential once and believes it for a while; forgets all when some may be good no longer. */
export class RememberingVerifier implements CredentialVerifier {
  readonly #verifier: CredentialVerifier;
  readonly #options: RememberingOptions;
  #generation: number;

  constructor(verifier: CredentialVerifier, options: RememberingOptions) {
    this.#verifier = verifier;
    this.#options = options;
    this.#generation = options.generation();
  }

  async verify(credential: string, nowMs: number): Promise<Verification> {
    const { remembered } = this.#options;
    const revoked = this.#options.revoked();
    // Most of the time the answer is there at once, and to wait for it would cost as much as all else.
    if (revoked !== false && (revoked === true || (await revoked))) remembered.clear();
    const digest = remembered.digestOf(credential);
    const verified = remembered.find(digest, nowMs);
    if (verified !== undefined) return { verdict: 'accepted', verified, untilMs: nowMs };
    const verification = await this.#verifier.verify(credential, nowMs);
    this.#forgetWithdrawn();
    if (verification.verdict === 'accepted') remembered.remember(digest, verification);
    return verification;
  }

  #forgetWithdrawn(): void {
    const generation = this.#options.generation();
    if (generation !== this.#generation) this.#options.remembered.clear();
    this.#generation = generation;
  }
}
