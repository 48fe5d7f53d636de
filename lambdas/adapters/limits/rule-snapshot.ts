import { hash } from 'node:crypto';
import { encodeRule, type Rule } from '../../contract/limits/operator-rule.ts';
import { standingRule } from '../../core/limits/rule-matching.ts';
import { TOMBSTONE_MS } from './rule-scripts.ts';

/** A script holds up all requests: 500 rules take it about a millisecond. */
const CHUNK_RULES = 500;
/** The number of parts, each with a digest of its own: among 20,000 rules, a change sends some 80 rules. */
const PARTS = 256;
/** 36 bits: one change in many billions is not noticed. */
const DIGEST_LENGTH = 6;

/** Id, text, id, text, … of some rules, as many as one script may be given. */
export type Chunk = readonly string[];

/**
 * The rules of a gateway at one time, for its copies. A rule belongs to a part by its id, so that a copy gets only the parts
 * that have changed since it was last complete. No clock decides what is new.
 */
export class RuleSnapshot {
  /**
   * The digests of all parts. Always longer than 64 bytes, which makes Redis keep the hash as a table: in a list each look
   * at a rule would read them all.
   */
  readonly digest: string;
  readonly #parts: readonly (readonly string[])[];
  readonly #sent = new Map<string, readonly Chunk[]>();

  /** @param nowMs of Redis's clock: a rule that has ended by then says so in its text */
  constructor(rules: readonly Rule[], nowMs: number) {
    const parts = Array.from({ length: PARTS }, (): string[] => []);
    const marks = Array.from({ length: PARTS }, (): string[] => []);
    for (const rule of rules) {
      const part = partOf(rule.id);
      const text = encodeRule(standingRule(rule, nowMs));
      parts[part]?.push(rule.id, text);
      // Another digest once a rule without a body is old enough to be deleted: the copies must get it again.
      marks[part]?.push(rule.id, isOld(text, nowMs) ? `${text}-` : text);
    }
    this.#parts = parts;
    this.digest = marks.map((mark) => hash('sha256', mark.join('\n'), 'base64url').slice(0, DIGEST_LENGTH)).join('');
  }

  /** The rules for a copy that was complete with the rules of `digest`; '': with none. */
  changesSince(digest: string): readonly Chunk[] {
    const known =
      this.#sent.get(digest) ?? chunked(this.#parts.filter((_, part) => this.#differs(part, digest)).flat());
    this.#sent.set(digest, known);
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

/** FNV-1a, over UTF-16: quick, and only the sizes of the parts depend on it. */
function partOf(id: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) sum = Math.imul(sum ^ id.charCodeAt(index), 0x01000193);
  return (sum >>> 0) % PARTS;
}
