import { randomBytes, timingSafeEqual } from 'node:crypto';
import { header, type Request } from '../http/message.ts';

/** Carries the page's token. A page of another site needs a preflight to send this header, and gets no answer to it. */
export const TOKEN_HEADER = 'x-tollgate-token';

/**
 * Admits calls of the dashboard's own page only. The page embeds a token; no other site can read it, because the server
 * checks `Host` and `Origin`. Each start makes a new token.
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
