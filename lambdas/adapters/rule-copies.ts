import { hash, randomUUID } from 'node:crypto';
import { array, DecodeError, integer, string } from '../contract/decode.ts';
import { encodeRule, type Rule } from '../contract/rules.ts';
import { standingRule } from '../core/rules.ts';
import { ruleKeys } from './limit-keys.ts';
import type { RedisClient } from './redis-connection.ts';
import { BEGIN_SCRIPT, MERGE_SCRIPT, SEAL_SCRIPT, TOMBSTONE_MS } from './rule-scripts.ts';
import type { RuleStore } from './rule-store.ts';
import { NO_ANSWER, within } from './within.ts';

/** A script holds up all requests: 500 rules take it about a millisecond. */
const CHUNK_RULES = 500;
const COMMAND_TIMEOUT_MS = 2000;

type Scripts = {
  tollgateRulesBegin(key: string, generation: string): Promise<unknown>;
  tollgateRulesMerge(key: string, takenMs: number, ...pairs: string[]): Promise<unknown>;
  tollgateRulesSeal(key: string, takenMs: number, generation: string, digest: string): Promise<unknown>;
};

/** A copy as it was before the rules were read. */
interface Begun {
  readonly key: string;
  readonly generation: string;
  readonly digest: string;
  readonly takenMs: number;
}

/** The rules of a gateway as they are to be in its copies. */
interface Snapshot {
  readonly digest: string;
  /** Id, text, id, text, … */
  readonly chunks: readonly (readonly string[])[];
}

/**
 * The copies of a gateway's rules in Redis, where the script that decides reads them: one under each hash tag, since a
 * script may touch keys of one slot only.
 */
export class RuleCopies {
  readonly #client: Scripts;
  readonly #keys: readonly string[];
  readonly #timeoutMs: number;

  constructor(client: RedisClient, gateway: string, timeoutMs = COMMAND_TIMEOUT_MS) {
    client.defineCommand('tollgateRulesBegin', { numberOfKeys: 1, lua: BEGIN_SCRIPT });
    client.defineCommand('tollgateRulesMerge', { numberOfKeys: 1, lua: MERGE_SCRIPT });
    client.defineCommand('tollgateRulesSeal', { numberOfKeys: 1, lua: SEAL_SCRIPT });
    this.#client = client as RedisClient & Scripts;
    this.#keys = ruleKeys(gateway);
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Writes one rule into every copy that does not have a newer one.
   *
   * @returns whether all copies are complete; else they should be made anew
   * @throws when one of them cannot be written; the others are
   */
  async push(rule: Rule): Promise<boolean> {
    const pair = [rule.id, encodeRule(rule)];
    const merged = await settle(this.#keys, (key) => this.#merge(key, 0, pair));
    if (merged.errors.length > 0) throw merged.errors[0];
    return merged.values.every((reply) => reply === 1);
  }

  /**
   * Makes the copies anew from the table. They are looked at before `list` is called, so that nothing older than that
   * look is written: what an operator takes back meanwhile stays taken back.
   *
   * @returns whether all of them are complete now; false: one was lost meanwhile, or `list` took too long
   * @throws what `list` throws, and when a copy cannot be written; the others are
   */
  async rebuild(list: () => Promise<readonly Rule[]>): Promise<boolean> {
    const name = randomUUID();
    const begun = await settle(this.#keys, (key) => this.#begin(key, name));
    if (begun.values.length === 0) throw begun.errors[0];
    // A rule that ends while this goes on says so in its text.
    const snapshot = snapshotOf(await list(), Math.min(...begun.values.map(({ takenMs }) => takenMs)));
    const same = begun.values.filter(({ digest }) => digest === snapshot.digest);
    const stale = begun.values.filter(({ digest }) => digest !== snapshot.digest);
    const sealed = await settle(same, (copy) => this.#seal(copy, snapshot.digest));
    const filled = await this.#fillAll(stale, snapshot);
    const errors = [...begun.errors, ...sealed.errors, ...filled.errors];
    if (errors.length > 0) throw errors[0];
    return [...sealed.values, ...filled.values].every((complete) => complete);
  }

  /** One after the other: between two scripts Redis can decide on requests. */
  async #fillAll(copies: readonly Begun[], snapshot: Snapshot): Promise<Settled<boolean>> {
    const filled: Settled<boolean>[] = [];
    for (const copy of copies) filled.push(await settle([copy], (one) => this.#fill(one, snapshot)));
    return { values: filled.flatMap(({ values }) => values), errors: filled.flatMap(({ errors }) => errors) };
  }

  async #begin(key: string, name: string): Promise<Begun> {
    const reply = await this.#ask((client) => client.tollgateRulesBegin(key, name));
    const [generation, digest, takenMs] = three(reply, 'begin');
    return {
      key,
      generation: string(generation, 'begin[0]'),
      digest: string(digest, 'begin[1]'),
      takenMs: integer(takenMs, 'begin[2]'),
    };
  }

  async #fill(copy: Begun, { chunks, digest }: Snapshot): Promise<boolean> {
    for (const pairs of chunks) {
      if ((await this.#merge(copy.key, copy.takenMs, pairs)) === -1) return false;
    }
    return this.#seal(copy, digest);
  }

  async #merge(key: string, takenMs: number, pairs: readonly string[]): Promise<number> {
    return integer(await this.#ask((client) => client.tollgateRulesMerge(key, takenMs, ...pairs)), 'merge');
  }

  async #seal({ key, takenMs, generation }: Begun, digest: string): Promise<boolean> {
    const reply = await this.#ask((client) => client.tollgateRulesSeal(key, takenMs, generation, digest));
    return integer(reply, 'seal') === 1;
  }

  async #ask(command: (client: Scripts) => Promise<unknown>): Promise<unknown> {
    const reply = await within(this.#timeoutMs, command(this.#client));
    if (reply === NO_ANSWER) throw new Error(`redis gave no answer within ${this.#timeoutMs} ms`);
    return reply;
  }
}

/** Makes the copies anew from what the table holds. @returns and throws as `RuleCopies.rebuild` */
export function rebuildCopies(store: RuleStore, copies: RuleCopies): Promise<boolean> {
  return copies.rebuild(() => store.list());
}

function snapshotOf(rules: readonly Rule[], nowMs: number): Snapshot {
  const pairs = rules.map((rule) => [rule.id, encodeRule(standingRule(rule, nowMs))] as const);
  // Another digest once a rule without a body is old enough to be deleted: the copies have to be gone through again.
  const text = pairs.map(([id, body]) => `${id}\n${body}${isOld(body, nowMs) ? '-' : ''}\n`).join('');
  const chunks = Array.from({ length: Math.ceil(pairs.length / CHUNK_RULES) }, (_, index) =>
    pairs.slice(index * CHUNK_RULES, (index + 1) * CHUNK_RULES).flat(),
  );
  // Longer than 64 bytes, which makes Redis keep the hash as a table: in a list each look at a rule would read them all.
  return { digest: hash('sha512', text, 'base64url'), chunks };
}

function isOld(text: string, nowMs: number): boolean {
  return text.endsWith(' ') && nowMs - Number(text) > TOMBSTONE_MS;
}

interface Settled<T> {
  readonly values: readonly T[];
  readonly errors: readonly unknown[];
}

/** All at once; each is let end, whatever becomes of the others. */
async function settle<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<Settled<R>> {
  const results = await Promise.allSettled(items.map(call));
  return {
    values: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    errors: results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
  };
}

const begunReply = array((value) => value);

function three(reply: unknown, script: string): readonly unknown[] {
  const list = begunReply(reply, script);
  if (list.length !== 3) throw new DecodeError(script, 'an array of 3', reply);
  return list;
}
