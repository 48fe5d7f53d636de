import type { CircuitTiming } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit/circuit-state.ts';
import type { CircuitConfig } from '../../../lambdas/contract/circuit/circuits-config.ts';
import { type Signal, transition } from '../../../lambdas/core/circuit/circuit.ts';
import type { Circuits } from '../../../lambdas/operator/operate-circuits.ts';

export const TIMING: CircuitTiming = {
  openForMs: 30_000,
  maxOpenForMs: 300_000,
  probes: 2,
  successes: 3,
  rampUpMs: 5000,
};
/** The same as the functions know it that move circuits. */
export const CIRCUIT: CircuitConfig = { ...TIMING, shadow: false };
export const LEASE_MS = 10_000;

/** The document of a gateway whose services have no circuits. */
export function noCircuits(gateway: string): Circuits {
  const storeOf = () => {
    throw new TypeError('there is no circuit');
  };
  return { config: { gateway, namespace: 'Tollgate', services: {} }, storeOf };
}

export function tripped(atMs: number, source: 'outcomes' | 'alarm' = 'outcomes'): Signal {
  return { type: 'trip', source, by: 'somebody', reason: 'too many failures', figures: { failures: 5 }, atMs };
}

export function started(id: string): Signal {
  return { type: 'probe-started', id, leaseMs: LEASE_MS, by: 'somebody' };
}

export function succeeded(id: string): Signal {
  return { type: 'probe-succeeded', id, by: 'somebody' };
}

export function failed(id: string): Signal {
  return { type: 'probe-failed', id, by: 'somebody', reason: 'the probe was answered 503' };
}

export function forced(to: 'forced-open' | 'forced-closed', untilMs = 0): Signal {
  return { type: 'force', to, untilMs, by: 'anna', reason: 'a migration' };
}

export const RELEASED: Signal = { type: 'release', by: 'anna', reason: '' };

/** What has become of a circuit that never moved before, by signals at their times. */
export function movedBy(...steps: readonly (readonly [atMs: number, signal: Signal])[]): CircuitState {
  return steps.reduce<CircuitState>(
    (circuit, [nowMs, signal]) => transition(circuit, signal, { nowMs, random: 0 }, TIMING),
    INITIAL_CIRCUIT,
  );
}

/** Opened at 1 s. */
export const OPENED = movedBy([1000, tripped(1000)]);
/** Tried at 31 s by probe `a`. */
export const PROBING = movedBy([1000, tripped(1000)], [31_000, started('a')]);
/** Closed again at 32 s. */
export const RECOVERED = movedBy(
  [1000, tripped(1000)],
  [31_000, started('a')],
  [31_000, started('b')],
  [31_500, succeeded('a')],
  [31_500, started('c')],
  [32_000, succeeded('b')],
  [32_000, succeeded('c')],
);
export const SHUT = movedBy([1000, forced('forced-open')]);
export const HELD = movedBy([1000, forced('forced-closed')]);
