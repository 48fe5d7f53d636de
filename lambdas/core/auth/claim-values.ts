import { type ClaimPointer, type Claims, claimReader } from '../../contract/auth/claim-pointer.ts';
import type { ClaimTest, ClaimValue, ClaimValues, Scalar } from '../../contract/auth/claim-test.ts';

/** Longest text of a claim that is handed on or tested. */
const MAX_TEXT_LENGTH = 1024;
const MAX_ITEMS = 100;
/** All values of a credential together: API Gateway keeps verdicts, and sends them with each request. */
const MAX_TOTAL_LENGTH = 4096;

/**
 * Reads these claims if they are texts, numbers, booleans or arrays of such. Values too large for a verdict are left out:
 * a missing value passes no test, so the request is refused.
 */
export function claimValuesReader(pointers: readonly ClaimPointer[]): (claims: Claims) => ClaimValues {
  if (pointers.length === 0) return () => NONE;
  const readers = [...new Set(pointers)].map((pointer) => [pointer, claimReader(pointer)] as const);
  return (claims) => {
    const values: Record<ClaimPointer, ClaimValue> = {};
    let room = MAX_TOTAL_LENGTH;
    for (const [pointer, read] of readers) {
      const value = asValue(read(claims));
      if (value === undefined) continue;
      const length = JSON.stringify(value).length;
      if (length > room) continue;
      room -= length;
      values[pointer] = value;
    }
    return values;
  };
}

const NONE: ClaimValues = {};

function asValue(value: unknown): ClaimValue | undefined {
  if (!Array.isArray(value)) return scalarOf(value);
  return value.length > MAX_ITEMS ? undefined : value.map(scalarOf).filter((item) => item !== undefined);
}

function scalarOf(value: unknown): Scalar | undefined {
  if (typeof value === 'string') return value.length <= MAX_TEXT_LENGTH && value.isWellFormed() ? value : undefined;
  return typeof value === 'boolean' || Number.isFinite(value) ? (value as Scalar) : undefined;
}

/** Whether the claim that a test names is there and is what it must be: the string `1` is no number 1. */
export function holds(test: ClaimTest, claims: ClaimValues): boolean {
  const value = Object.hasOwn(claims, test.claim) ? claims[test.claim] : undefined;
  switch (test.op) {
    case 'equals':
      return value === test.value;
    case 'contains':
      return Array.isArray(value) && value.includes(test.value);
    case 'oneOf':
      return test.value.includes(value as Scalar);
    case 'matches':
      return typeof value === 'string' && matches(test.value, value);
  }
}

/**
 * Goes back to the last `*` only, one character further each time, so it takes at most as many steps as pattern and text
 * have characters, multiplied.
 */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resumeAt = 0;
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at;
      resumeAt = index;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resumeAt += 1;
      index = resumeAt;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
