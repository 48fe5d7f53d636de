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
/** A copy that was not complete for this time may hold rules that have ended, or that the table no longer has. */
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
 * The copies of a gateway's rules in Redis, where the decision script reads them: one under each hash tag, since a script may
 * touch keys of one slot only.
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
   * @returns whether all copies are complete; else they should be made again
   * @throws when one of them cannot be written; the others are
   */
  async push(rule: Rule): Promise<boolean> {
    const pair = [rule.id, encodeRule(rule)];
    const merged = await Promise.allSettled(this.#keys.map((key) => this.#merge(key, 0, pair)));
    const [error] = errors(merged);
    if (error !== undefined) throw error;
    return values(merged).every((reply) => reply === 1);
  }

  /**
   * Makes the copies again from the table. It looks at them before it calls `list`, so that it writes nothing older than that
   * look: what an operator takes back meanwhile stays taken back.
   *
   * @returns whether all of them are complete now; false: one was lost meanwhile, or `list` took too long
   * @throws what `list` throws, and when a copy cannot be written; the others are
   */
  async rebuild(list: () => Promise<readonly Rule[]>): Promise<boolean> {
    const name = randomUUID();
    const begun = await Promise.allSettled(this.#keys.map((key) => this.#begin(key, name)));
    const copies = values(begun);
    if (copies.length === 0) throw errors(begun)[0];
    // A rule that ends meanwhile says so in its text.
    const snapshot = new RuleSnapshot(await list(), Math.min(...copies.map(({ takenMs }) => takenMs)));
    const isSame = (copy: Begun) => copy.digest === snapshot.digest && !isLongUnused(copy);
    const made = await Promise.allSettled(copies.filter(isSame).map((copy) => this.#seal(copy, snapshot.digest)));
    // One after the other: between two scripts Redis can decide on requests.
    for (const copy of copies.filter((copy) => !isSame(copy))) {
      made.push(...(await Promise.allSettled([this.#fill(copy, snapshot)])));
    }
    const [error] = [...errors(begun), ...errors(made)];
    if (error !== undefined) throw error;
    return values(made).every((complete) => complete);
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

function isLongUnused({ completeMs, takenMs }: Begun): boolean {
  return completeMs > 0 && takenMs - completeMs > SEARCHED_AFTER_MS;
}

function values<T>(results: readonly PromiseSettledResult<T>[]): readonly T[] {
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function errors(results: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

const begunReply = array((value) => value);
