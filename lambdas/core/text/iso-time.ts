/** The last millisecond that a date can be, and its first without the sign (ECMA-262, time values). */
const MAX_DATE_MS = 8.64e15;

/** `2026-11-24T10:00:00Z`. A number that is no date, in an item that a person edited, is shown as it is. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= MAX_DATE_MS ? new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z') : String(ms);
}
