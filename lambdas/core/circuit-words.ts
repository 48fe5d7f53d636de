import type { CircuitState } from '../contract/circuit-state.ts';
import { settle } from './circuit.ts';
import { isoTime } from './iso-time.ts';

/** How a circuit stands now, in words that go on from "the circuit is". */
export function circuitInWords(stored: CircuitState, nowMs: number): string {
  const circuit = settle(stored, nowMs);
  switch (circuit.state) {
    case 'closed': {
      if (circuit.version === 0) return 'closed, and never was anything else';
      const since = `closed since ${isoTime(circuit.closedAtMs)}`;
      if (circuit.rampUntilMs <= nowMs) return since;
      return `${since}, and lets a growing share of the requests pass until ${isoTime(circuit.rampUntilMs)}`;
    }
    case 'open': {
      const probes = nowMs < circuit.retryAtMs ? `from ${isoTime(circuit.retryAtMs)} on` : 'with the next request';
      return `open since ${isoTime(circuit.openedAtMs)}, and sends a probe ${probes}`;
    }
    case 'half-open': {
      const underWay = Object.values(circuit.leases).filter((untilMs) => nowMs < untilMs).length;
      const { openedAtMs, succeeded } = circuit;
      return `half-open, not closed since ${isoTime(openedAtMs)}: ${succeeded} probes succeeded, ${underWay} under way`;
    }
    case 'forced-open':
    case 'forced-closed': {
      const held = circuit.state === 'forced-open' ? 'open' : 'closed';
      const end = circuit.untilMs === 0 ? 'it is handed back' : isoTime(circuit.untilMs);
      return `held ${held} by hand since ${isoTime(circuit.sinceMs)} until ${end}`;
    }
  }
}

/** When a circuit came to its state; undefined: it has never moved. */
export function sinceMs(circuit: CircuitState): number | undefined {
  switch (circuit.state) {
    case 'closed':
      return circuit.closedAtMs === 0 ? undefined : circuit.closedAtMs;
    case 'open':
    case 'half-open':
      return circuit.openedAtMs;
    case 'forced-open':
    case 'forced-closed':
      return circuit.sinceMs;
  }
}
