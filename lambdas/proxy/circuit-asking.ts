import type { CircuitView, Unanswered } from '../adapters/circuit-view.ts';
import type { CircuitPolicy } from '../contract/circuit-policy.ts';
import { admit } from '../core/circuit-admission.ts';
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

/** What the circuit says to one request; where that is to try the upstream, this request has the lease for it. */
export async function askCircuit(options: AskingOptions): Promise<AskedCircuit> {
  const { view, circuit, leaseMs, by, clock, random, newId } = options;
  const state = await view.current();
  const admission = admit(state, { nowMs: clock(), random: random() }, circuit);
  if (admission !== 'probe') return { state, admission };
  const probe = newId();
  const result = await view.signal({ type: 'probe-started', id: probe, leaseMs, by });
  switch (result.status) {
    case 'made':
    case 'made-alone':
      return { state: result.circuit, admission, probe };
    case 'unanswered':
      // The table may be slow for all at once: whoever passes without an answer makes a few probes many.
      void giveBack(options, result, probe);
      return { state, admission: 'reject' };
    case 'unchanged': {
      const others = admit(result.circuit, { nowMs: clock(), random: random() }, circuit);
      return { state: result.circuit, admission: others === 'pass' ? 'pass' : 'reject' };
    }
  }
}

/** A lease that comes too late would keep others from trying for as long as it lasts. */
async function giveBack({ view }: AskingOptions, { late }: Unanswered, id: string): Promise<void> {
  if ((await late)?.status === 'made') await view.signal({ type: 'probe-abandoned', id });
}
