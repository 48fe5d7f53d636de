import type { CircuitMove } from '../adapters/move-circuit.ts';
import type { CircuitTiming } from '../contract/circuit-policy.ts';
import type { CircuitState } from '../contract/circuit-state.ts';
import { settle } from '../core/circuit.ts';
import { isoTime } from '../core/iso-time.ts';
import type { Circuit } from './circuit-table.ts';

/** What an operator should know who has moved a circuit: what it does now, until when, and what ends that. */
export function noteOfChange(
  { service, timing }: Circuit,
  { circuit, moved, fault }: CircuitMove,
  nowMs: number,
): string {
  return [
    ...(fault === null ? [] : [`the table had what is no circuit, which was replaced (${fault})`]),
    ...(moved ? [] : ['nobody held it, so nothing was changed']),
    whatNow(service, settle(circuit, nowMs), timing, nowMs),
  ].join('; ');
}

function whatNow(service: string, circuit: CircuitState, { successes }: CircuitTiming, nowMs: number): string {
  switch (circuit.state) {
    case 'closed':
      return 'it opens by itself when its service fails';
    case 'open': {
      const first = nowMs < circuit.retryAtMs ? `from ${isoTime(circuit.retryAtMs)} on` : 'with the next request';
      return `it closes by itself once ${successes} probes have succeeded, the first of which is sent ${first}`;
    }
    case 'half-open':
      return `it closes by itself once ${successes} probes have succeeded, of which ${circuit.succeeded} have`;
    case 'forced-open':
      return `no request is forwarded ${end(service, circuit.untilMs)}`;
    case 'forced-closed':
      return `every request is forwarded, however its service fails, ${end(service, circuit.untilMs)}`;
  }
}

function end(service: string, untilMs: number): string {
  const byHand = `circuit auto ${service}`;
  return untilMs === 0 ? `until ${byHand}` : `until ${isoTime(untilMs)}, or until ${byHand} before that`;
}
