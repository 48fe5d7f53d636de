import {
  type Decoded,
  DecodeError,
  type Decoder,
  integer,
  member,
  number,
  object,
  record,
  string,
  variant,
  withDefault,
} from '../decode.ts';

/** Who moved a circuit. */
export const CIRCUIT_SOURCES = ['outcomes', 'alarm', 'operator', 'time'] as const;
export type CircuitSource = (typeof CIRCUIT_SOURCES)[number];

const figures = record(number);
/** Counts at the time of the move: `{ requests: 12, failures: 7 }`. */
export type Figures = Decoded<typeof figures>;

/** An item exists once its circuit has moved; one with version 0 could never move again. */
const storedVersion: Decoder<number> = (value, path) => {
  const version = integer(value, path);
  if (version < 0) throw new DecodeError(path, 'at least 0', version);
  return version;
};

/** An item of an older version may lack a field, which then has its default. */
const count = withDefault(integer, 0);
const moved = {
  source: withDefault(member(CIRCUIT_SOURCES), 'time'),
  /** An alarm's name, an operator's as they gave it, an instance's log stream; '': unknown. */
  by: withDefault(string, ''),
  reason: withDefault(string, ''),
  figures: withDefault(figures, {}),
  /** Grows by one with every write; conditional writes compare it. */
  version: storedVersion,
  /** When it took this state, for this cause. For an open circuit: later than the outage began, if probes have failed since. */
  atMs: count,
  /** When CloudWatch saw what the last alarm reported, by its own clock; 0: there was no alarm. */
  alarmAtMs: count,
};
const opened = {
  ...moved,
  /** When this outage began: probes that fail do not change it. */
  openedAtMs: integer,
  /** Number of times that probes have failed in this outage. */
  reopenings: count,
};
const forced = object({
  ...moved,
  sinceMs: integer,
  /** When it ends by itself; 0: an operator ends it. */
  untilMs: integer,
});

/** @throws DecodeError */
export const circuitState = variant('state', {
  closed: object({
    ...moved,
    /** When it closed; 0 for a circuit that never moved. */
    closedAtMs: integer,
    /** Until when only a share of the requests passes; 0: all do. */
    rampUntilMs: count,
    /** Number of times that it had opened again before it closed. A trip during the ramp continues from there. */
    reopenings: count,
  }),
  open: object({
    ...opened,
    /** From when on a probe may be sent. */
    retryAtMs: integer,
  }),
  'half-open': object({
    ...opened,
    /** By the probe's id: until when its holder has to report. Afterwards its place is free again. */
    leases: withDefault(record(integer), {}),
    /** Probes that have succeeded. */
    succeeded: count,
  }),
  'forced-open': forced,
  'forced-closed': forced,
});
export type CircuitState = Decoded<typeof circuitState>;
export type Closed = Extract<CircuitState, { readonly state: 'closed' }>;
export type Open = Extract<CircuitState, { readonly state: 'open' }>;
export type HalfOpen = Extract<CircuitState, { readonly state: 'half-open' }>;
export type Forced = Extract<CircuitState, { readonly state: 'forced-open' | 'forced-closed' }>;
/** Fields of every state. */
export type Moved = Pick<CircuitState, keyof typeof moved>;
/** Who moved a circuit, and why. */
export type Cause = Pick<Moved, 'source' | 'by' | 'reason' | 'figures'>;

export const CIRCUIT_STATES = ['closed', 'open', 'half-open', 'forced-open', 'forced-closed'] as const;

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
