import { randomBytes, timingSafeEqual } from 'node:crypto';
import { header, type Request } from '../http/message.ts';

/** Carries the token back: a page of another site could not send it without asking first, which nobody answers. */
export const TOKEN_HEADER = 'x-tollgate-token';

/**
 * Lets in calls of the dashboard's own page only. What it embeds nobody else can read, for the page is answered under no
 * other site's name and to no other site's script; it is another one with each start.
 */
export class CallGuard {
  readonly token = randomBytes(32).toString('base64url');

  admits({ headers }: Request): boolean {
    const origin = header(headers, 'origin');
    const site = header(headers, 'sec-fetch-site');
    return (
      (origin === undefined || origin === `http://${header(headers, 'host')}`) &&
      (site === undefined || site === 'same-origin') &&
      this.#isToken(header(headers, TOKEN_HEADER) ?? '')
    );
  }

  #isToken(given: string): boolean {
    const [left, right] = [Buffer.from(given), Buffer.from(this.token)];
    return left.length === right.length && timingSafeEqual(left, right);
  }
}
