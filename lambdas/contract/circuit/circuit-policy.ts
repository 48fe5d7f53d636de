import { array, boolean, integer, nullable, number, object, string, withDefault } from '../decode.ts';

/** How long a circuit stays open and how it closes again: what everybody needs who moves one. */
export interface CircuitTiming {
  readonly openForMs: number;
  /** Of a circuit whose probes fail time after time: each time it stays open twice as long, and no longer than this. */
  readonly maxOpenForMs: number;
  /** Requests that may try the upstream at once, of all instances together. */
  readonly probes: number;
  /** Probes that must succeed for the circuit to close; at least `probes`, so no more requests than this are sent. */
  readonly successes: number;
  /** For so long after it closed a circuit lets pass a growing share of the requests; 0: all of them at once. */
  readonly rampUpMs: number;
}

/** When a service's circuit opens, what it answers then, and when it closes again. */
export interface CircuitPolicy extends CircuitTiming {
  /** Share of failures, 0 < share <= 1, that opens the circuit. */
  readonly failureShare: number;
  /** Requests that the window must hold before a share counts. */
  readonly minRequests: number;
  readonly windowMs: number;
  /** False: only the alarm and operators open the circuit. */
  readonly outcomes: boolean;
  /** Null: however slow an answer is, it counts only when it misses the deadline. */
  readonly slow: SlowPolicy | null;
  /** Statuses of the upstream that are failures; null: all from 500 to 599 but 501. */
  readonly failureStatuses: readonly number[] | null;
  /** Whether a missed deadline is a failure. */
  readonly failOnTimeout: boolean;
  /** Whether it is one that the upstream cannot be reached, breaks off or answers no HTTP. */
  readonly failOnReset: boolean;
  /** Path under the upstream's base that is asked in place of a client's request while the circuit is half-open. */
  readonly healthCheck: string | null;
  /** True: reports what it would reject, and rejects nothing but while it is opened by hand. */
  readonly shadow: boolean;
  /** What is answered in place of 503 `circuit_open`. */
  readonly fallback: FallbackPolicy | null;
}

export interface SlowPolicy {
  /** A request that took at least so long is slow. */
  readonly overMs: number;
  /** Share of slow requests, 0 < share <= 1, that opens the circuit. */
  readonly share: number;
}

/** An answer that needs no upstream. */
export interface FallbackPolicy {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export const DEFAULT_TIMING: CircuitTiming = {
  openForMs: 30_000,
  maxOpenForMs: 300_000,
  probes: 3,
  successes: 3,
  rampUpMs: 5000,
};

const DEFAULTS = {
  ...DEFAULT_TIMING,
  slow: null,
  failureStatuses: null,
  failOnTimeout: true,
  failOnReset: true,
  healthCheck: null,
  shadow: false,
  fallback: null,
} satisfies Partial<CircuitPolicy>;

const timing = {
  openForMs: withDefault(integer, DEFAULTS.openForMs),
  maxOpenForMs: withDefault(integer, DEFAULTS.maxOpenForMs),
  probes: withDefault(integer, DEFAULTS.probes),
  successes: withDefault(integer, DEFAULTS.successes),
  rampUpMs: withDefault(integer, DEFAULTS.rampUpMs),
};

export const circuitTiming = object(timing);

export const circuitPolicy = object({
  ...timing,
  failureShare: number,
  minRequests: integer,
  windowMs: integer,
  outcomes: boolean,
  slow: withDefault(nullable(object({ overMs: integer, share: number })), DEFAULTS.slow),
  failureStatuses: withDefault(nullable(array(integer)), DEFAULTS.failureStatuses),
  failOnTimeout: withDefault(boolean, DEFAULTS.failOnTimeout),
  failOnReset: withDefault(boolean, DEFAULTS.failOnReset),
  healthCheck: withDefault(nullable(string), DEFAULTS.healthCheck),
  shadow: withDefault(boolean, DEFAULTS.shadow),
  fallback: withDefault(nullable(object({ status: integer, contentType: string, body: string })), DEFAULTS.fallback),
});

/** Leaves out what the decoder has as a default: each cold start reads the document, and people do. */
export function encodeCircuit<Policy extends CircuitTiming>(policy: Policy): Partial<Policy> {
  const defaults: Readonly<Record<string, unknown>> = DEFAULTS;
  const told = Object.entries(policy).filter(([name, value]) => !(name in defaults) || value !== defaults[name]);
  return Object.fromEntries(told) as Partial<Policy>;
}

/** The part of a policy that is needed to move a circuit. */
export function timingOf({ openForMs, maxOpenForMs, probes, successes, rampUpMs }: CircuitTiming): CircuitTiming {
  return { openForMs, maxOpenForMs, probes, successes, rampUpMs };
}
