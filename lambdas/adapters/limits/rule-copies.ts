import { randomUUID } from 'node:crypto';
import { array, integer, string } from '../../contract/decode.ts';
import { encodeRule, type Rule } from '../../contract/limits/operator-rule.ts';
import type { RedisClient } from '../redis/redis-connection.ts';
import { NO_ANSWER, within } from '../within.ts';
import { ruleKeys } from './limit-keys.ts';
import { ENDED_KEPT_MS } from './rule-item.ts';
import { BEGIN_SCRIPT, MERGE_SCRIPT, PURGE_SCRIPT, SEAL_SCRIPT } from './rule-scripts.ts';
import { RuleSnapshot } from './rule-snapshot.ts';

const COMMAND_TIMEOUT_MS = 2000;
/** A copy that was not complete for so long may hold what has ended and what the table no longer tells of. */
const SEARCHED_AFTER_MS = ENDED_KEPT_MS / 2;

type Scripts = {
  tollgateRulesBegin(key: string, generation: string): Promise<unknown>;
  tollgateRulesMerge(key: string, takenMs: number, ...pairs: string[]): Promise<unknown>;
  tollgateRulesSeal(key: string, takenMs: number, generation: string, digest: string): Promise<unknown>;
  tollgateRulesPurge(key: string): Promise<unknown>;
};

/** A copy as it was before the rules were read. */
interface Begun {
  readonly key: string;
  readonly generation: string;
  readonly digest: string;
  readonly takenMs: number;
  /** When it was last complete; 0: never. Both in ms of Redis's clock. */
  readonly completeMs: number;
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
    client.defineCommand('tollgateRulesPurge', { numberOfKeys: 1, lua: PURGE_SCRIPT });
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
    const snapshot = new RuleSnapshot(await list(), Math.min(...begun.values.map(({ takenMs }) => takenMs)));
    const [stale, same] = partition(begun.values, needsMore(snapshot));
    const sealed = await settle(same, (copy) => this.#seal(copy, snapshot.digest));
    const filled = await inTurn(stale, (copy) => this.#fill(copy, snapshot));
    const errors = [...begun.errors, ...sealed.errors, ...filled.errors];
    if (errors.length > 0) throw errors[0];
    return [...sealed.values, ...filled.values].every((complete) => complete);
  }

  async #begin(key: string, name: string): Promise<Begun> {
    const reply = await this.#ask((client) => client.tollgateRulesBegin(key, name));
    const [generation, digest, takenMs, completeMs] = begunReply(reply, 'begin');
    return {
      key,
      generation: string(generation, 'begin[0]'),
      digest: string(digest, 'begin[1]'),
      takenMs: integer(takenMs, 'begin[2]'),
      completeMs: integer(completeMs, 'begin[3]'),
    };
  }

  async #fill(copy: Begun, snapshot: RuleSnapshot): Promise<boolean> {
    for (const pairs of snapshot.changesSince(copy.digest)) {
      if ((await this.#merge(copy.key, copy.takenMs, pairs)) === -1) return false;
    }
    const complete = await this.#seal(copy, snapshot.digest);
    if (complete && isLongUnused(copy)) await this.#ask((client) => client.tollgateRulesPurge(copy.key));
    return complete;
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

function needsMore({ digest }: RuleSnapshot): (copy: Begun) => boolean {
  return (copy) => copy.digest !== digest || isLongUnused(copy);
}

function isLongUnused({ completeMs, takenMs }: Begun): boolean {
  return completeMs > 0 && takenMs - completeMs > SEARCHED_AFTER_MS;
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
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

/** One after the other: between two scripts Redis can decide on requests. */
async function inTurn<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<Settled<R>> {
  const settled: Settled<R>[] = [];
  for (const item of items) settled.push(await settle([item], call));
  return { values: settled.flatMap(({ values }) => values), errors: settled.flatMap(({ errors }) => errors) };
}

const begunReply = array((value) => value);
