import { DecodeError, type Decoder, integer, member, number, object, record, string, withDefault } from '../decode.ts';

/** Who moved a circuit. */
export const CIRCUIT_SOURCES = ['outcomes', 'alarm', 'operator', 'time'] as const;
export type CircuitSource = (typeof CIRCUIT_SOURCES)[number];

/** What was counted when a circuit moved: `{ requests: 12, failures: 7 }`. */
export type Figures = Readonly<Record<string, number>>;

/** Who moved a circuit, and why. */
export interface Cause {
  readonly source: CircuitSource;
  /** An alarm's name, an operator's as they gave it, an instance's log stream; '' where nobody knows. */
  readonly by: string;
  readonly reason: string;
  readonly figures: Figures;
}

export interface Moved extends Cause {
  /** Grows by one with every write; what a conditional write compares. */
  readonly version: number;
  /** When it became so, for this cause: of an open circuit later than the outage began, if probes have failed since. */
  readonly atMs: number;
  /** When CloudWatch saw what the last alarm told, by its own clock; 0: none did. */
  readonly alarmAtMs: number;
}

export interface Closed extends Moved {
  readonly state: 'closed';
  /** When it closed; 0 for a circuit that never moved. */
  readonly closedAtMs: number;
  /** Until when only a share of the requests passes; 0: all do. */
  readonly rampUntilMs: number;
  /** How often it had opened again before it closed: whoever trips it while it ramps up goes on from there. */
  readonly reopenings: number;
}

export interface Open extends Moved {
  readonly state: 'open';
  /** When this outage began: probes that fail do not change it. */
  readonly openedAtMs: number;
  /** From when on a probe may be sent. */
  readonly retryAtMs: number;
  /** How often probes have failed in this outage. */
  readonly reopenings: number;
}

export interface HalfOpen extends Moved {
  readonly state: 'half-open';
  readonly openedAtMs: number;
  readonly reopenings: number;
  /** Until when each probe's holder has to report, by the probe's id; later its place is free again. */
  readonly leases: Readonly<Record<string, number>>;
  /** Probes that have succeeded. */
  readonly succeeded: number;
}

export interface Forced extends Moved {
  readonly state: 'forced-open' | 'forced-closed';
  readonly sinceMs: number;
  /** When it ends by itself; 0: an operator ends it. */
  readonly untilMs: number;
}

export const CIRCUIT_STATES = ['closed', 'open', 'half-open', 'forced-open', 'forced-closed'] as const;
export type CircuitState = Closed | Open | HalfOpen | Forced;

export const NOBODY: Cause = { source: 'time', by: '', reason: '', figures: {} };

export const INITIAL_CIRCUIT: CircuitState = {
  state: 'closed',
  version: 0,
  atMs: 0,
  closedAtMs: 0,
  rampUntilMs: 0,
  reopenings: 0,
  alarmAtMs: 0,
  ...NOBODY,
};

const moved = {
  version: stored,
  atMs: withDefault(integer, 0),
  source: withDefault(member(CIRCUIT_SOURCES), 'time'),
  by: withDefault(string, ''),
  reason: withDefault(string, ''),
  figures: withDefault(record(number), {}),
  alarmAtMs: withDefault(integer, 0),
};
const count = withDefault(integer, 0);
const opened = { ...moved, openedAtMs: integer, reopenings: count };
const STATES = {
  closed: object({ ...moved, state: member(['closed']), closedAtMs: integer, rampUntilMs: count, reopenings: count }),
  open: object({ ...opened, state: member(['open']), retryAtMs: integer }),
  'half-open': object({
    ...opened,
    state: member(['half-open']),
    leases: withDefault(record(integer), {}),
    succeeded: count,
  }),
  'forced-open': object({ ...moved, state: member(['forced-open']), sinceMs: integer, untilMs: integer }),
  'forced-closed': object({ ...moved, state: member(['forced-closed']), sinceMs: integer, untilMs: integer }),
} satisfies { readonly [S in CircuitState['state']]: Decoder<CircuitState> };
const hasState = object({ state: member(CIRCUIT_STATES) });

/** What an item lacks that was written before there was such a field has its default. @throws DecodeError */
export const circuitState: Decoder<CircuitState> = (value, path) => STATES[hasState(value, path).state](value, path);

/** An item exists once its circuit has moved; one with version 0 could never move again. */
function stored(value: unknown, path: string): number {
  const version = integer(value, path);
  if (version < 0) throw new DecodeError(path, 'at least 0', version);
  return version;
}
