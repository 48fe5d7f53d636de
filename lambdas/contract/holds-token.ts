/** An API key, also one that was cut, or has something joined to its ends: see api-key.ts. */
const API_KEY = /tgk_[0-9A-Za-z]{12}_[0-9A-Za-z]{30}/;
/** The beginning of a JSON object in base64url, also where it is no whole header. */
const OBJECT = /\beyJ/;
/** Every header has it (RFC 7515 §4.1.1, RFC 7516 §4.1.1). */
const ALGORITHM = '"alg"';

/**
 * Whether the text has a token in it, signed (RFC 7515 §7.1) or encrypted (RFC 7516 §7.1), or an API key, with any text
 * around it. Stored texts are logged, quoted in messages and read by many people: they must not hold a credential.
 */
export function holdsToken(text: string): boolean {
  if (API_KEY.test(text)) return true;
  return text.split(/[^\w.-]+/).some((run) => {
    const parts = run.split('.');
    return parts.some((part, index) => hasTwoMore(parts.slice(index + 1, index + 3)) && isHeader(part));
  });
}

/** One of them may be empty: the encrypted key, the signature of a token that has none. */
function hasTwoMore([second, third]: readonly string[]): boolean {
  return third !== undefined && (second !== '' || third !== '');
}

/** Something may be joined to its front, `id_eyJ…`, of any length: base64 is read in fours. */
function isHeader(part: string): boolean {
  return OBJECT.test(part) || [0, 1, 2, 3].some((start) => decoded(part.slice(start)).includes(ALGORITHM));
}

function decoded(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('latin1');
}
