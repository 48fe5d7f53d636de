import { type CircuitState, INITIAL_CIRCUIT } from '../../lambdas/contract/circuit/circuit-state.ts';

/** What a circuit is called in the plot: while it ramps up it is closed by its state, and does not let all pass. */
export type Stance = CircuitState['state'] | 'ramping up';

export interface Stay {
  readonly lane: Stance;
  readonly fromS: number;
  readonly untilS: number;
}

/** In which state the circuit was from when to when, in seconds from the beginning. */
export function stays(history: readonly CircuitState[], fromMs: number, untilMs: number): readonly Stay[] {
  const circuits: readonly CircuitState[] = [{ ...INITIAL_CIRCUIT, atMs: fromMs }, ...history];
  return circuits.flatMap((circuit, index): readonly Stay[] => {
    const { atMs } = circuit;
    const endMs = Math.min(circuits[index + 1]?.atMs ?? untilMs, untilMs);
    const seconds = (ms: number) => (ms - fromMs) / 1000;
    if (circuit.state !== 'closed') return [{ lane: circuit.state, fromS: seconds(atMs), untilS: seconds(endMs) }];
    const rampedMs = Math.min(endMs, Math.max(atMs, circuit.rampUntilMs));
    const parts: readonly Stay[] = [
      { lane: 'ramping up', fromS: seconds(atMs), untilS: seconds(rampedMs) },
      { lane: 'closed', fromS: seconds(rampedMs), untilS: seconds(endMs) },
    ];
    return parts.filter((part) => part.untilS > part.fromS);
  });
}
