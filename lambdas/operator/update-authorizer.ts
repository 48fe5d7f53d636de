import type { RevocationMarker } from '../adapters/auth/revocation-marker.ts';
import type { RuleStore } from '../adapters/limits/rule-store.ts';
import { describeError } from '../adapters/log.ts';
import { DecodeError } from '../contract/decode.ts';
import { standingRule } from '../core/limits/rule-matching.ts';
import { type Keys, markKey } from './change-key.ts';

const KEY = 'key:';

/**
 * Copies a revocation from the rule to the API key's item, because the authorizer reads keys and not rules. Each attempt
 * reads the rule again, so the rule's last change decides if several operators change it at once.
 *
 * @returns a note for the operator
 * @throws as `markKey`
 */
export async function updateKey(
  id: string,
  { store, keys }: { readonly store: Pick<RuleStore, 'read'>; readonly keys: Keys },
  nowMs: number,
): Promise<string | null> {
  if (!id.startsWith(KEY)) return null;
  const revokedUntilMs = async () => standingRule(await store.read(id), nowMs).revocation?.untilMs ?? null;
  try {
    const isKnown = await markKey(keys, id.slice(KEY.length), revokedUntilMs, nowMs);
    return isKnown ? null : 'no API key has this id: the rule is kept, and matches no request';
  } catch (error) {
    // The authorizer accepts no key whose item it cannot read, and the rule is in force.
    if (!(error instanceof DecodeError)) throw error;
    return `the key's item in the table is damaged (${error.message}): the authorizer refuses the key`;
  }
}

/**
 * Makes the authorizer's instances forget the credentials that they verified. If this fails, the revocation still holds,
 * because the proxy function asks Redis.
 *
 * @returns a note for the operator if it fails
 */
export async function forgetVerified(marker: Pick<RevocationMarker, 'mark'>, nowMs: number): Promise<string | null> {
  try {
    await marker.mark(nowMs);
    return null;
  } catch (error) {
    return `the authorizer could not be notified (${describeError(error)}): for up to 5 minutes it may accept credentials that it verified before`;
  }
}
