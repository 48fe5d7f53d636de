import { Redis } from 'ioredis';
import { RULES_FRESH_MS } from '../../lambdas/adapters/limits/decide-script.ts';
import { ruleKeys } from '../../lambdas/adapters/limits/limit-keys.ts';
import { encodeRule } from '../../lambdas/contract/limits/operator-rule.ts';

export const GATEWAY = 'bench';

/** Rules of operators that stand in Redis while the tables are made, but for the one of what they cost. */
export const RULES = 0;

/** Copies in Redis count as fresh for so long after they were written; then somebody would be asked to make them anew. */
const FRESH_MS = 2 * RULES_FRESH_MS - 5000;

/** Writes Redis's copies of so many rules, all about others than the clients that ask; or only makes them fresh again. */
export async function writeRules(url: string, databases: readonly number[], count: number): Promise<void> {
  const version = Date.now();
  // The script compares either way: a clock may be ahead of the other.
  const madeAt = version + FRESH_MS - RULES_FRESH_MS;
  const rule = encodeRule({
    version,
    revocation: null,
    limits: { client: { limit: 500, ratePerS: null, untilMs: 0 } },
  });
  const fields = Array.from({ length: count }, (_, index) => [`sub:with-a-rule-${index}`, rule] as const);
  await Promise.all(
    databases.map(async (db) => {
      const redis = new Redis(url, { db });
      try {
        for (const key of ruleKeys(GATEWAY)) await write(redis, key, [...marks(count, madeAt), ...fields]);
      } finally {
        redis.disconnect();
      }
    }),
  );
}

/** As rule-scripts.ts leaves them: below zero for an empty copy, and a digest that makes the hash a table. */
function marks(count: number, madeAt: number): readonly (readonly [string, string])[] {
  return [
    ['@', String(count > 0 ? madeAt : -madeAt)],
    ['@generation', 'bench'],
    ['@digest', 'x'.repeat(86)],
  ];
}

async function write(redis: Redis, key: string, fields: readonly (readonly [string, string])[]): Promise<void> {
  for (let at = 0; at < fields.length; at += FIELDS_A_COMMAND) {
    await redis.hset(key, ...fields.slice(at, at + FIELDS_A_COMMAND).flat());
  }
}

const FIELDS_A_COMMAND = 1000;
