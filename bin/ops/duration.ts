import { quote } from '../../lambdas/contract/rule-id.ts';
import { UsageError } from './errors.ts';

/** Milliseconds of a unit by its letter. */
export const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `30s`, `15m`, `1h` or `7d`. @throws UsageError */
export function parseDuration(option: string, text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs !== undefined && Number(count) > 0) return Number(count) * unitMs;
  throw new UsageError(
    `${option} must be a whole number of seconds, minutes, hours or days, got ${quote(text)}: write one like 30s, 15m, 1h or 7d`,
  );
}
