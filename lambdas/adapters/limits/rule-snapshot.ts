import { hash } from 'node:crypto';
import { encodeRule, type Rule } from '../../contract/limits/operator-rule.ts';
import { standingRule } from '../../core/limits/rule-matching.ts';
import { TOMBSTONE_MS } from './rule-scripts.ts';

/** A script holds up all requests: 500 rules take it about a millisecond. */
const CHUNK_RULES = 500;
/** So many parts have the rules, each with a digest of its own: of 20,000 rules one that changed brings some 80 with it. */
const PARTS = 256;
/** 36 bits: one change in many billions is taken for none. */
const DIGEST_LENGTH = 6;

/** Id, text, id, text, … of some rules, as many as one script may be given. */
export type Chunk = readonly string[];

/**
 * The rules of a gateway at one time, as they are to be in its copies. A rule belongs to a part by its id, so that a copy
 * is told only of those parts that have changed since it was last complete. No clock decides what is new.
 */
export class RuleSnapshot {
  /**
   * The digests of all parts. Always longer than 64 bytes, which makes Redis keep the hash as a table: in a list each look
   * at a rule would read them all.
   */
  readonly digest: string;
  readonly #parts: readonly (readonly string[])[];
  readonly #told = new Map<string, readonly Chunk[]>();

  /** @param nowMs of Redis's clock: a rule that has ended by then says so in its text */
  constructor(rules: readonly Rule[], nowMs: number) {
    const parts = Array.from({ length: PARTS }, (): string[] => []);
    const marks = Array.from({ length: PARTS }, (): string[] => []);
    for (const rule of rules) {
      const part = partOf(rule.id);
      const text = encodeRule(standingRule(rule, nowMs));
      parts[part]?.push(rule.id, text);
      // Another digest once a rule without a body is old enough to be deleted: the copies must be told again.
      marks[part]?.push(rule.id, isOld(text, nowMs) ? `${text}-` : text);
    }
    this.#parts = parts;
    this.digest = marks.map((mark) => hash('sha256', mark.join('\n'), 'base64url').slice(0, DIGEST_LENGTH)).join('');
  }

  /** What a copy must be told that was complete with the rules of `digest`; '': with none. */
  changesSince(digest: string): readonly Chunk[] {
    const known =
      this.#told.get(digest) ?? chunked(this.#parts.filter((_, part) => this.#differs(part, digest)).flat());
    this.#told.set(digest, known);
    return known;
  }

  #differs(part: number, digest: string): boolean {
    const at = part * DIGEST_LENGTH;
    return digest.length !== this.digest.length || !digest.startsWith(this.digest.slice(at, at + DIGEST_LENGTH), at);
  }
}

function chunked(pairs: readonly string[]): readonly Chunk[] {
  const length = 2 * CHUNK_RULES;
  return Array.from({ length: Math.ceil(pairs.length / length) }, (_, index) =>
    pairs.slice(index * length, (index + 1) * length),
  );
}

function isOld(text: string, nowMs: number): boolean {
  return text.endsWith(' ') && nowMs - Number(text) > TOMBSTONE_MS;
}

/** FNV-1a, over UTF-16: quick, and nothing hangs on it but how evenly the parts are filled. */
function partOf(id: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) sum = Math.imul(sum ^ id.charCodeAt(index), 0x01000193);
  return (sum >>> 0) % PARTS;
}
