import { hash } from 'node:crypto';
import { type Accepted, MAX_BELIEVED_MS } from './credential-verifier.ts';

/** At most some 10 MB of the largest verdicts; beyond that the oldest is forgotten. */
export const MAX_REMEMBERED = 1000;

/**
 * The credentials that this instance verified lately, by their SHA-256: the credentials themselves are not kept. API
 * Gateway's own cache is kept for each route apart, so one token comes again for every route that it is used on; its
 * signature costs some 100 us, this a few.
 */
export class VerifiedCredentials {
  readonly #accepted = new Map<string, Accepted>();
  #clearings = 0;

  /** How often all was forgotten: what was verified before the last time must not be remembered after it. */
  get clearings(): number {
    return this.#clearings;
  }

  /** What the credential is remembered by. */
  digestOf(credential: string): string {
    return hash('sha256', credential, 'base64');
  }

  find(digest: string, nowMs: number): Accepted | undefined {
    const accepted = this.#accepted.get(digest);
    // A clock that stepped back would believe it for longer.
    if (accepted === undefined || (nowMs < accepted.untilMs && accepted.untilMs <= nowMs + MAX_BELIEVED_MS))
      return accepted;
    this.#accepted.delete(digest);
    return undefined;
  }

  remember(digest: string, accepted: Accepted): void {
    this.#accepted.delete(digest);
    this.#accepted.set(digest, accepted);
    if (this.#accepted.size > MAX_REMEMBERED) this.#accepted.delete(this.#accepted.keys().next().value as string);
  }

  clear(): void {
    this.#accepted.clear();
    this.#clearings += 1;
  }
}
