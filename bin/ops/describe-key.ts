import type { CreateKey, KeyResult, RotateKey } from '../../lambdas/contract/key-operations.ts';
import { until } from './text.ts';

/** What is told, beside the key itself, of one that was made or has another secret. */
export function describeKey({ action }: CreateKey | RotateKey, { key, note }: KeyResult): readonly string[] {
  return [
    `key:${key.id} of ${key.owner} is good ${until(key.expiresAtMs)}: keep it now, it is not shown again`,
    ...(action === 'rotate-key' ? [describeFormer(key.formerUntilMs)] : []),
    ...(note === null ? [] : [`note: ${note}`]),
  ];
}

function describeFormer(formerUntilMs: number | null): string {
  if (formerUntilMs !== null) return `its former secret is good ${until(formerUntilMs)}`;
  return 'its former secrets are refused from now on, where API Gateway has kept their verdicts a minute later';
}
