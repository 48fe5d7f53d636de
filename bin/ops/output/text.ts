import { isoTime } from '../../../lambdas/core/text/iso-time.ts';

export function until(untilMs: number): string {
  return untilMs === 0 ? 'for good' : `until ${isoTime(untilMs)}`;
}

/** The text with spaces appended, at least `width` characters long. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length));
}
