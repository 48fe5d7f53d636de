import { hash, randomInt, timingSafeEqual } from 'node:crypto';
import { API_KEY_LENGTHS, API_KEY_PREFIX, type ApiKeyParts } from '../../contract/auth/api-key.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function newApiKeyId(): string {
  return random(API_KEY_LENGTHS.id);
}

/** A key with a new secret: the only time that anybody sees it. */
export function mintApiKey(id: string): string {
  const body = `${API_KEY_PREFIX}${id}_${random(API_KEY_LENGTHS.secret)}`;
  return `${body}${checkOf(body)}`;
}

/** False for a key that was mistyped: no store need be asked for it. */
export function isWellMade({ body, check }: ApiKeyParts): boolean {
  return checkOf(body) === check;
}

/** As the table has it: SHA-256 in base64url. */
export function hashApiKey(key: string): string {
  return hash('sha256', key, 'base64url');
}

/** Takes the same time wherever two hashes differ. */
export function isSameHash(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, 'base64url'), Buffer.from(other, 'base64url')];
  return left.length === right.length && timingSafeEqual(left, right);
}

function random(length: number): string {
  return letters(Array.from({ length }, () => randomInt(ALPHABET.length)));
}

/** The check is not secret: it follows from the body. */
function checkOf(body: string): string {
  return letters([...hash('sha256', body, 'buffer').subarray(0, API_KEY_LENGTHS.check)]);
}

function letters(numbers: readonly number[]): string {
  return numbers.map((number) => ALPHABET[number % ALPHABET.length]).join('');
}
