import type { CircuitState } from '../../lambdas/contract/circuit/circuit-state.ts';
import type { Sample, Timed } from './orders.ts';
import type { ServiceName } from './stage.ts';

/** A part of the script as it was played, in epoch milliseconds. */
export interface Played {
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface ServiceRecord {
  /** In the order of their answers. */
  readonly samples: readonly Sample[];
  /** When each call arrived at the upstream, of those that it took. */
  readonly arrivals: readonly number[];
  /** The circuit's transitions, the oldest first. */
  readonly history: readonly CircuitState[];
}

/** What was seen of a whole run. */
export interface Recording {
  readonly phases: readonly Played[];
  readonly services: Readonly<Record<ServiceName, ServiceRecord>>;
  /** What it took to ask the upstream of `users` without the gateway. */
  readonly direct: readonly Timed[];
}

/** What was sent in a part of the script. */
export function sentDuring<Sent extends Timed>(sent: readonly Sent[], { fromMs, untilMs }: Played): readonly Sent[] {
  return sent.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < untilMs);
}

/** What of a record began in a part of the script. */
export function during({ samples, arrivals, history }: ServiceRecord, played: Played): ServiceRecord {
  const { fromMs, untilMs } = played;
  const isWithin = (atMs: number) => atMs >= fromMs && atMs < untilMs;
  return {
    samples: sentDuring(samples, played),
    arrivals: arrivals.filter(isWithin),
    history: history.filter(({ atMs }) => isWithin(atMs)),
  };
}
