import type { CredentialVerifier, Verification } from './credential-verifier.ts';
import type { VerifiedCredentials } from './verified-credentials.ts';

export interface RememberingOptions {
  /** Shared by all kinds: after a revocation any verifier clears it for all. */
  readonly remembered: VerifiedCredentials;
  /** Whether an operator revoked something since the last call. */
  readonly revoked: () => boolean | Promise<boolean>;
}

/** Remembers verified credentials for a while, and forgets all of them after a revocation. */
export class RememberingVerifier implements CredentialVerifier {
  readonly #verifier: CredentialVerifier;
  readonly #options: RememberingOptions;

  constructor(verifier: CredentialVerifier, options: RememberingOptions) {
    this.#verifier = verifier;
    this.#options = options;
  }

  async verify(credential: string, nowMs: number): Promise<Verification> {
    const { remembered } = this.#options;
    const revoked = this.#options.revoked();
    // Mostly the answer is not a promise; an `await` would cost as much as the rest of this method.
    if (revoked !== false && (revoked === true || (await revoked))) remembered.clear();
    const digest = remembered.digestOf(credential);
    const found = remembered.find(digest, nowMs);
    if (found !== undefined) return found;
    const { clearings } = remembered;
    const verification = await this.#verifier.verify(credential, nowMs);
    const isCurrent = remembered.clearings === clearings;
    if (verification.verdict === 'accepted' && isCurrent) remembered.remember(digest, verification);
    return verification;
  }
}
