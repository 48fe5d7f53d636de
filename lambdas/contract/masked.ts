import { holdsToken } from './holds-token.ts';

const MASK = '[masked]';

/** A part of a path, a query or a sentence that is long enough to be a secret. */
const PART = /[^\s/\\?&=,;"'()<>]{16,}/g;
/** The beginning of a JSON object in base64url: every JWT begins so (RFC 7515 §7.1), and one that was cut does. */
const TOKEN = /eyJ[\w-]{8}/;
const API_KEY = /tgk_[0-9A-Za-z]{12}_/;

/**
 * What a client sent, for a log. `[masked]` replaces each part that looks like a JWT, an API key of the gateway, or
 * another secret: clients put reset links and keys into paths, and many people read a log.
 */
export function masked(text: string): string {
  return text.replace(PART, (part) => (isCredential(part) || looksSecret(part) ? MASK : part));
}

/** A message of the gateway's own, for a log. Names of AWS resources look random as well, and stay. */
export function withoutCredentials(text: string): string {
  return text.replace(PART, (part) => (isCredential(part) ? MASK : part));
}

function isCredential(part: string): boolean {
  return TOKEN.test(part) || API_KEY.test(part) || holdsToken(part);
}

function looksSecret(part: string): boolean {
  return part.match(RUN)?.some(looksRandom) ?? false;
}

const RUN = /[\w+-]{22,}/g;
/** Words of a title have hyphens between them: they have no such piece. */
const PIECE = /[A-Za-z0-9+]{10}/;
const DENSE = /[A-Za-z0-9]{32}/;

/**
 * 128 random bits are 22 characters of base64url, which nearly always has a digit, a small and a capital letter, or 32
 * characters of hex. UUIDs, ULIDs and ids of MongoDB are not masked: they name records.
 */
function looksRandom(run: string): boolean {
  if (!/\d/.test(run) || !/[A-Za-z]/.test(run)) return false;
  return DENSE.test(run) || (PIECE.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run));
}
