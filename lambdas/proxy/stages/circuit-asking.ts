import type { CircuitView } from '../../adapters/circuit/circuit-view.ts';
import { LateLease } from '../../adapters/circuit/late-lease.ts';
import type { CircuitPolicy } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { actionFor, type CircuitAction } from '../../core/circuit/circuit-action.ts';
import type { OpenStrategy } from '../../core/circuit/open-strategy.ts';
import { ProbePause } from '../../core/circuit/probe-pause.ts';
import type { CircuitDecision } from '../exchange.ts';
import type { PipelineOptions } from '../pipeline-options.ts';

type Shared = 'policy' | 'outcomes' | 'upstream' | 'clock' | 'monotonic' | 'random' | 'randomHex' | 'by';

export interface CircuitOptions extends Pick<PipelineOptions, Shared> {
  readonly circuit: CircuitPolicy;
  readonly view: CircuitView;
  readonly opens: OpenStrategy;
}

/** A probe's lease lasts this much longer than the upstream's deadline: the time to report the result. */
const LEASE_MARGIN_MS = 5000;

/** How long the holder of a probe's lease may take until it reports the result. */
export function leaseMsOf({ timeoutMs }: { readonly timeoutMs: number }): number {
  return timeoutMs + LEASE_MARGIN_MS;
}

/** Asks the circuit for one request. */
export type AskCircuit = () => CircuitDecision | Promise<CircuitDecision>;

/**
 * Decides by the circuit's state and takes the lease if the request is a probe. Nearly all requests find a state that is
 * fresh and need no lease: they get their decision without a promise.
 */
export function circuitAsking(options: CircuitOptions): AskCircuit {
  const { policy, view, circuit, by, clock, random, randomHex } = options;
  const leaseMs = leaseMsOf(policy);
  const pause = new ProbePause();
  const late = new LateLease(view, policy.timeoutMs);

  const actionOf = (state: CircuitState): CircuitAction =>
    actionFor(state, { nowMs: clock(), random: random() }, circuit);

  function decide(state: CircuitState): CircuitDecision | Promise<CircuitDecision> {
    const held = state.state === 'half-open' ? late.take(state, clock()) : undefined;
    if (held !== undefined) return { state, action: 'probe', probe: held };
    const action = actionOf(state);
    if (action !== 'probe') return { state, action };
    return pause.isOver(clock()) ? takeLease(state) : { state, action: 'reject' };
  }

  async function takeLease(state: CircuitState): Promise<CircuitDecision> {
    const probe = randomHex(8);
    const result = await view.signal({ type: 'probe-started', id: probe, leaseMs, by });
    if (result.status === 'made' || result.status === 'made-alone') {
      pause.won();
      return { state: result.circuit, action: 'probe', probe };
    }
    pause.lost(clock(), random());
    if (result.status === 'unanswered') {
      // The table may be slow for all instances: if each sent its probe without a lease, there would be too many.
      void late.await(result, probe);
      return { state, action: 'reject' };
    }
    return { state: result.circuit, action: actionOf(result.circuit) === 'pass' ? 'pass' : 'reject' };
  }

  return () => {
    const { fresh } = view;
    return fresh === undefined ? view.current().then(decide) : decide(fresh);
  };
}
