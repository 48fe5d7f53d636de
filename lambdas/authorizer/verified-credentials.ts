import { hash } from 'node:crypto';
import { type Accepted, MAX_BELIEVED_MS } from './credential-verifier.ts';

/** Some 10 MB of the largest verdicts. Beyond this the oldest entry is removed. */
export const MAX_REMEMBERED = 1000;

/**
 * Credentials that this instance verified recently, by their SHA-256; it does not keep the credentials themselves. API
 * Gateway caches by route, so the same token arrives once for each route. A signature check costs some 100 us, a look-up
 * a few.
 */
export class VerifiedCredentials {
  readonly #accepted = new Map<string, Accepted>();
  #clearings = 0;

  /** Number of clearings. A credential verified before a clearing must not be remembered after it. */
  get clearings(): number {
    return this.#clearings;
  }

  digestOf(credential: string): string {
    return hash('sha256', credential, 'base64');
  }

  find(digest: string, nowMs: number): Accepted | undefined {
    const accepted = this.#accepted.get(digest);
    // If the clock stepped back, the entry would live too long.
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
