import type { CircuitView, Unanswered } from '../adapters/circuit-view.ts';
import type { CircuitPolicy } from '../contract/circuit-policy.ts';
import type { CircuitState } from '../contract/circuit-state.ts';
import { type Admission, admit } from '../core/circuit-admission.ts';
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

/**
 * What the circuit says to one request; where that is to try the upstream, this request has the lease for it. Nearly all
 * requests find a circuit that is known and want no lease: they are told without a promise.
 */
export function askCircuit(options: AskingOptions): AskedCircuit | Promise<AskedCircuit> {
  const { known } = options.view;
  return known === undefined ? askAgain(options) : decide(options, known);
}

async function askAgain(options: AskingOptions): Promise<AskedCircuit> {
  return decide(options, await options.view.current());
}

function decide(options: AskingOptions, state: CircuitState): AskedCircuit | Promise<AskedCircuit> {
  const admission = admissionOf(options, state);
  return admission === 'probe' ? takeLease(options, state) : { state, admission };
}

async function takeLease(options: AskingOptions, state: CircuitState): Promise<AskedCircuit> {
  const { view, leaseMs, by, newId } = options;
  const probe = newId();
  const result = await view.signal({ type: 'probe-started', id: probe, leaseMs, by });
  switch (result.status) {
    case 'made':
    case 'made-alone':
      return { state: result.circuit, admission: 'probe', probe };
    case 'unanswered':
      // The table may be slow for all at once: whoever passes without an answer makes a few probes many.
      void giveBack(options, result, probe);
      return { state, admission: 'reject' };
    case 'unchanged': {
      const others = admissionOf(options, result.circuit);
      return { state: result.circuit, admission: others === 'pass' ? 'pass' : 'reject' };
    }
  }
}

function admissionOf({ circuit, clock, random }: AskingOptions, state: CircuitState): Admission {
  return admit(state, { nowMs: clock(), random: random() }, circuit);
}

/** A lease that comes too late would keep others from trying for as long as it lasts. */
async function giveBack({ view }: AskingOptions, { late }: Unanswered, id: string): Promise<void> {
  if ((await late)?.status === 'made') await view.signal({ type: 'probe-abandoned', id });
}
