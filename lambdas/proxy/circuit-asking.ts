import type { CircuitView, Unanswered } from '../adapters/circuit-view.ts';
import type { CircuitPolicy } from '../contract/circuit-policy.ts';
import type { CircuitState } from '../contract/circuit-state.ts';
import { type Admission, admit } from '../core/circuit-admission.ts';
import { ProbePause } from '../core/probe-pause.ts';
import type { AskedCircuit } from './exchange.ts';

export interface AskingOptions {
  readonly view: CircuitView;
  readonly circuit: CircuitPolicy;
  /** Until when a probe's holder has to report, from its start. */
  readonly leaseMs: number;
  /** Who asks: the environment. */
  readonly by: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** 0 <= x < 1. */
  readonly random: () => number;
  readonly newId: () => string;
}

/** Asks the circuit for one request. */
export type AskCircuit = () => AskedCircuit | Promise<AskedCircuit>;

/**
 * What the circuit says to one request; where that is to try the upstream, this request has the lease for it. Nearly all
 * requests find a circuit that is known and want no lease: they are told without a promise.
 */
export function circuitAsking(options: AskingOptions): AskCircuit {
  const { view, circuit, leaseMs, by, clock, random, newId } = options;
  const pause = new ProbePause();

  const admissionOf = (state: CircuitState): Admission => admit(state, { nowMs: clock(), random: random() }, circuit);

  function decide(state: CircuitState): AskedCircuit | Promise<AskedCircuit> {
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
      void giveBack(result, probe);
      return { state, admission: 'reject' };
    }
    return { state: result.circuit, admission: admissionOf(result.circuit) === 'pass' ? 'pass' : 'reject' };
  }

  /** A lease that comes too late would keep others from trying for as long as it lasts. */
  async function giveBack({ late }: Unanswered, id: string): Promise<void> {
    const answer = await late;
    // It may have been written although its answer was lost.
    if (answer === undefined) await view.refresh();
    if (answer?.status !== 'unchanged') await view.signal({ type: 'probe-abandoned', id });
  }

  return () => {
    const { known } = view;
    return known === undefined ? view.current().then(decide) : decide(known);
  };
}
