import type { RequestReport } from './http/api.ts';
import type { AlarmChange } from './metrics/alarms.ts';

/** Events that a running gateway reports. */
export type LogEvent =
  /** A request was answered. */
  | { readonly kind: 'request'; readonly report: RequestReport }
  /** A function wrote a line. */
  | {
      readonly kind: 'line';
      /** The service of a proxy function, or a short name. */
      readonly label: string;
      readonly line: string;
      readonly stream: 'stdout' | 'stderr';
    }
  | { readonly kind: 'alarm'; readonly change: AlarmChange }
  /** A message for the user. */
  | { readonly kind: 'notice'; readonly text: string };

export type LogSink = (event: LogEvent) => void;
