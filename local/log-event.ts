import type { RequestReport } from './http/api.ts';
import type { AlarmChange } from './metrics/alarms.ts';

/** What a running gateway tells. */
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
  /** Something that the person at the keyboard should know. */
  | { readonly kind: 'notice'; readonly text: string };

export type LogSink = (event: LogEvent) => void;
