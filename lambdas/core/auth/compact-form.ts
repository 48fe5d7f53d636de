/** Three parts of base64url (RFC 7515 §7.1), the signature among them: an unsecured token has none. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Whether a token is written in the one way in which its bytes can be written: decoders let pass padding, characters of
 * plain base64 and bits that belong to no byte, so that one signature would have many texts.
 */
export function isCompactJws(token: string): boolean {
  return COMPACT.test(token) && token.split('.').every(isCanonical);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Two characters hold one byte and four bits more, three hold two bytes and two bits more (RFC 4648 §3.5). */
function isCanonical(base64url: string): boolean {
  const last = ALPHABET.indexOf(base64url.at(-1) ?? '');
  switch (base64url.length % 4) {
    case 1:
      return false;
    case 2:
      return last % 16 === 0;
    case 3:
      return last % 4 === 0;
    default:
      return true;
  }
}
