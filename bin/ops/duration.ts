import { quote } from '../../lambdas/contract/limits/rule-id.ts';
import { UsageError } from './errors.ts';

const DAY_MS = 86_400_000;
/** Milliseconds of a unit by its letter. */
export const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS };

export interface DurationOption {
  /** As it is typed: `--for`. */
  readonly option: string;
  readonly maxDays: number;
  /** What applies without the option: `no end`. */
  readonly usual: string;
}

/** Milliseconds of `30s`, `15m`, `1h` or `7d`. @throws UsageError */
export function parseDuration(text: string, { option, maxDays, usual }: DurationOption): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs === undefined) {
    throw new UsageError(
      `${option} must be a whole number of seconds, minutes, hours or days, got ${quote(text)}: write one like 30s, 15m, 1h or 7d`,
    );
  }
  const ms = Number(count) * unitMs;
  if (ms === 0)
    throw new UsageError(`${option} must be at least 1s, got ${quote(text)}: write one like 30s, 15m, 1h or 7d`);
  if (ms <= maxDays * DAY_MS) return ms;
  throw new UsageError(
    `${option} must be at most ${maxDays} days, got ${quote(text)}: write ${maxDays}d or less, or leave it out for ${usual}`,
  );
}
