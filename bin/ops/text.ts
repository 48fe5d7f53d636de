/** The last millisecond that a date can be. */
const MAX_DATE_MS = 8.64e15;

/** `2026-11-24T10:00:00Z` */
export function isoTime(ms: number): string {
  return ms <= MAX_DATE_MS ? new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z') : String(ms);
}

export function until(untilMs: number): string {
  return untilMs === 0 ? 'for good' : `until ${isoTime(untilMs)}`;
}

/** At most `width` characters, the last of them `…` where some are left out. */
export function shortened(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

/** At least `width` characters, the last of them spaces. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length));
}
