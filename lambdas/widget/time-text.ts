import { DecodeError, object, string } from '../contract/decode.ts';
import { isoTime } from '../core/text/iso-time.ts';

/** The time zone of the dashboard. */
export interface Zone {
  /** `+02:00` */
  readonly offset: string;
  readonly offsetMs: number;
}

export const UTC: Zone = { offset: '+00:00', offsetMs: 0 };

const MINUTE_MS = 60_000;

const context = object({ widgetContext: object({ timezone: object({ offsetISO: string }) }) });

/** UTC if CloudWatch sends no zone. */
export function zoneOf(event: unknown): Zone {
  try {
    return parseZone(context(event, 'event').widgetContext.timezone.offsetISO);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return UTC;
  }
}

function parseZone(offset: string): Zone {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  if (sign === undefined) return UTC;
  const size = Number(hours) * 60 + Number(minutes);
  return { offset, offsetMs: (sign === '-' ? -size : size) * MINUTE_MS };
}

/** `2026-03-04 12:00:00` */
export function timeText(atMs: number, { offsetMs }: Zone): string {
  return isoTime(atMs + offsetMs)
    .replace('T', ' ')
    .replace('Z', '');
}
