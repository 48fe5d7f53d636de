import type { CircuitView } from '../../adapters/circuit/circuit-view.ts';
import type { CircuitPolicy } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { type Admission, admit } from '../../core/circuit/circuit-admission.ts';
import { ProbePause } from '../../core/circuit/probe-pause.ts';
import type { AskedCircuit } from '../exchange.ts';
import { LateLease } from './late-lease.ts';

export interface AskingOptions {
  readonly view: CircuitView;
  readonly circuit: CircuitPolicy;
  /** Of a request. */
  readonly timeoutMs: number;
  /** Who asks: the instance. */
  readonly by: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** 0 <= x < 1. */
  readonly random: () => number;
  readonly newId: () => string;
}

/** What a probe's lease lasts longer than the upstream's deadline: the time to report. */
const LEASE_MARGIN_MS = 5000;

/** How long a probe's holder has until it must have reported. */
export function leaseMsOf({ timeoutMs }: { readonly timeoutMs: number }): number {
  return timeoutMs + LEASE_MARGIN_MS;
}

/** Asks the circuit for one request. */
export type AskCircuit = () => AskedCircuit | Promise<AskedCircuit>;

/**
 * What the circuit says to one request; where that is to try the upstream, this request has the lease for it. Nearly all
 * requests find a circuit that is known and want no lease: they are told without a promise.
 */
export function circuitAsking(options: AskingOptions): AskCircuit {
  const { view, circuit, timeoutMs, by, clock, random, newId } = options;
  const leaseMs = leaseMsOf({ timeoutMs });
  const pause = new ProbePause();
  const late = new LateLease(view, timeoutMs);

  const admissionOf = (state: CircuitState): Admission => admit(state, { nowMs: clock(), random: random() }, circuit);

  function decide(state: CircuitState): AskedCircuit | Promise<AskedCircuit> {
    const held = state.state === 'half-open' ? late.take(state, clock()) : undefined;
    if (held !== undefined) return { state, admission: 'probe', probe: held };
    const admission = admissionOf(state);
    if (admission !== 'probe') return { state, admission };
    return pause.isOver(clock()) ? takeLease(state) : { state, admission: 'reject' };
  }

  async function takeLease(state: CircuitState): Promise<AskedCircuit> {
    const probe = newId();
    const result = await view.signal({ type: 'probe-started', id: probe, leaseMs, by });
    if (result.status === 'made' || result.status === 'made-alone') {
      pause.won();
      return { state: result.circuit, admission: 'probe', probe };
    }
    pause.lost(clock(), random());
    if (result.status === 'unanswered') {
      // The table may be slow for all at once: whoever passes without an answer makes a few probes many.
      void late.await(result, probe);
      return { state, admission: 'reject' };
    }
    return { state: result.circuit, admission: admissionOf(result.circuit) === 'pass' ? 'pass' : 'reject' };
  }

  return () => {
    const { known } = view;
    return known === undefined ? view.current().then(decide) : decide(known);
  };
}
