import type { CredentialVerifier, Verification } from './credential-verifier.ts';
import type { VerifiedCredentials } from './verified-credentials.ts';

export interface RememberingOptions {
  /** Of all kinds together: what is revoked is forgotten whichever verifier hears of it first. */
  readonly remembered: VerifiedCredentials;
  /** Whether something was revoked since it was last asked. */
  readonly revoked: () => boolean | Promise<boolean>;
}

/** Verifies a credential once and believes it for a while; forgets all when some may be good no longer. */
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
    // Most of the time the answer is there at once, and to wait for it would cost as much as all else.
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
