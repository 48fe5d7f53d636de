import type { CircuitState } from '../../lambdas/contract/circuit/circuit-state.ts';

/** What an upstream does with a request: answers it, or answers it late, or resets its connection, or refuses one. */
export type Behaviour = 'healthy' | 'slow' | 'resetting' | 'refusing';

/** What is said to an upstream's process. */
export type UpstreamOrder =
  /** The behaviours by turns; answered when the first of them holds. */
  | { readonly order: 'behave'; readonly behaviours: readonly [Behaviour, ...Behaviour[]]; readonly everyMs: number }
  /** Answered with when each call arrived since it was last asked, in epoch milliseconds. */
  | { readonly order: 'take' };

/** What is said to a process that sends requests. */
export type LoadOrder =
  /** A request so often, however long the answers take. */
  | { readonly order: 'begin'; readonly everyMs: number }
  /** Answered with what is told of the requests that have been answered since it was last asked. */
  | { readonly order: 'take' }
  /** No further request; answered as `take`, once there is none under way. */
  | { readonly order: 'end' };

export interface Timed {
  /** Epoch milliseconds. */
  readonly sentAtMs: number;
  /** Until the answer, whatever it waited for. */
  readonly ms: number;
}

/** One request, as its client and its circuit saw it. */
export interface Sample extends Timed {
  readonly status: number;
  /** Whether the circuit answered in the upstream's place. */
  readonly rejected: boolean;
  /** How often it was sent to the upstream. */
  readonly calls: number;
  /** Whether it tried the upstream for all. */
  readonly probe: boolean;
  /** By which it was decided. */
  readonly circuit: Pick<CircuitState, 'state' | 'version'>;
}
