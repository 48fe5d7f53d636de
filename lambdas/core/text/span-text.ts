const MINUTE_MS = 60_000;
const UNITS = [
  ['d', 24 * 60 * MINUTE_MS],
  ['h', 60 * MINUTE_MS],
  ['min', MINUTE_MS],
  ['s', 1000],
] as const;

/** `90 s`, `5 min`. Rounded up, so that the shown time does not end too early. */
export function spanText(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, oneMs]) => ms >= 2 * oneMs) ?? ['s', 1000];
  return `${Math.max(0, Math.ceil(ms / unitMs))} ${unit}`;
}
