import type { CreateKey, KeyResult, RotateKey } from '../../../lambdas/contract/operations/key-operations.ts';
import { until } from './text.ts';

/** The same text as in docs/operations.md. */
const FORMER_SECRETS_END =
  'all its former secrets end: instances of the authorizer see that within 15 s, and what API Gateway has kept of them ends verdictCache (60 s) later; if the key has leaked, revoke it, which holds for the next request';

/** Lines about a new or rotated key, without its secret. */
export function describeKey({ action }: CreateKey | RotateKey, { key, note }: KeyResult): readonly string[] {
  return [
    `key:${key.id} of ${key.owner} is good ${until(key.expiresAtMs)}: keep it now, it is not shown again`,
    ...(action === 'rotate-key' ? [describeFormer(key.formerUntilMs)] : []),
    ...(note === null ? [] : [`note: ${note}`]),
  ];
}

function describeFormer(formerUntilMs: number | null): string {
  return formerUntilMs === null ? FORMER_SECRETS_END : `its former secret is good ${until(formerUntilMs)}`;
}
