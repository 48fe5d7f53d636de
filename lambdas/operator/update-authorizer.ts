import type { RevocationMarker } from '../adapters/auth/revocation-marker.ts';
import type { RuleStore } from '../adapters/limits/rule-store.ts';
import { describeError } from '../adapters/log.ts';
import { DecodeError } from '../contract/decode.ts';
import { standingRule } from '../core/limits/rule-matching.ts';
import { type Keys, markKey } from './change-key.ts';

const KEY = 'key:';

/**
 * Marks an API key as its rule says, for the authorizer looks at keys and not at rules. Of operators who revoke and restore it
 * at once the rule's last change decides: it is read anew with each attempt.
 *
 * @returns what the operator should know
 * @throws as `markKey`
 */
export async function tellOfKey(
  id: string,
  { store, keys }: { readonly store: Pick<RuleStore, 'read'>; readonly keys: Keys },
  nowMs: number,
): Promise<string | null> {
  if (!id.startsWith(KEY)) return null;
  const revokedUntilMs = async () => standingRule(await store.read(id), nowMs).revocation?.untilMs ?? null;
  try {
    const isKnown = await markKey(keys, id.slice(KEY.length), revokedUntilMs, nowMs);
    return isKnown ? null : 'no API key has this id: the rule is kept, and meets nobody';
  } catch (error) {
    // What nobody can read verifies nobody either, and the rule is in force.
    if (!(error instanceof DecodeError)) throw error;
    return `the key's item in the table is spoilt (${error.message}): nobody passes with it`;
  }
}

/**
 * Lets instances forget what credentials they have verified. A revocation holds without it, since the proxy function
 * asks Redis: it is undone for nothing here.
 *
 * @returns what the operator should know where it cannot be done
 */
export async function tellOfRevocation(marker: Pick<RevocationMarker, 'mark'>, nowMs: number): Promise<string | null> {
  try {
    await marker.mark(nowMs);
    return null;
  } catch (error) {
    return `the authorizer was not told (${describeError(error)}): for up to 5 minutes it may take what it has verified before for good`;
  }
}
