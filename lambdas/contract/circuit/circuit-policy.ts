import { array, boolean, type Decoded, integer, nullable, number, object, string } from '../decode.ts';

/** How long a circuit stays open and how it closes again. All functions that move circuits need these fields. */
export const circuitTiming = {
  openForMs: integer,
  /** Each time that probes fail, the circuit stays open twice as long, up to this. */
  maxOpenForMs: integer,
  /** Requests that may try the upstream at once, of all instances together. */
  probes: integer,
  /** Probes that must succeed for the circuit to close; at least `probes`, so no more requests than this are sent. */
  successes: integer,
  /** How long a closed circuit lets a growing share of the requests pass; 0: all pass at once. */
  rampUpMs: integer,
};

const slowPolicy = object({
  /** A request that takes at least this long is slow. */
  overMs: integer,
  /** Share of slow requests, 0 < share <= 1, that opens the circuit. */
  share: number,
});
export type SlowPolicy = Decoded<typeof slowPolicy>;

/** An answer that needs no upstream. */
const fallbackPolicy = object({ status: integer, contentType: string, body: string });
export type FallbackPolicy = Decoded<typeof fallbackPolicy>;

/** When a service's circuit opens, what the proxy function answers then, and when the circuit closes again. */
export const circuitPolicy = object({
  ...circuitTiming,
  /** Share of failures, 0 < share <= 1, that opens the circuit. */
  failureShare: number,
  /** Requests that the window must hold before a share counts. */
  minRequests: integer,
  windowMs: integer,
  /** False: only the alarm and operators open the circuit. */
  outcomes: boolean,
  /** Null: a slow answer counts only when it misses the deadline. */
  slow: nullable(slowPolicy),
  /** Statuses of the upstream that are failures; null: all from 500 to 599 but 501. */
  failureStatuses: nullable(array(integer)),
  /** Whether a missed deadline is a failure. */
  failOnTimeout: boolean,
  /** Whether an upstream fails that cannot be reached, breaks off or answers no HTTP. */
  failOnReset: boolean,
  /** Path under the upstream's base that the proxy function asks first while the circuit is half-open. */
  healthCheck: nullable(string),
  /** True: reports what it would reject, and rejects only while an operator has opened it. */
  shadow: boolean,
  /** The answer in place of 503 `circuit_open`. */
  fallback: nullable(fallbackPolicy),
});
export type CircuitPolicy = Decoded<typeof circuitPolicy>;
export type CircuitTiming = Pick<CircuitPolicy, keyof typeof circuitTiming>;

/** Defaults of a circuit's props. */
export const CIRCUIT_DEFAULTS: CircuitPolicy = {
  openForMs: 30_000,
  maxOpenForMs: 300_000,
  probes: 3,
  successes: 3,
  rampUpMs: 5000,
  failureShare: 0.5,
  minRequests: 5,
  windowMs: 10_000,
  outcomes: true,
  slow: null,
  failureStatuses: null,
  failOnTimeout: true,
  failOnReset: true,
  healthCheck: null,
  shadow: false,
  fallback: null,
};

/** The part of a policy that is needed to move a circuit. */
export function timingOf({ openForMs, maxOpenForMs, probes, successes, rampUpMs }: CircuitTiming): CircuitTiming {
  return { openForMs, maxOpenForMs, probes, successes, rampUpMs };
}
