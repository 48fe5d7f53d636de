import type { CircuitState } from '../contract/circuit-state.ts';
import { Metric } from '../contract/metrics.ts';
import { emf } from '../core/emf.ts';
import { writeLine } from './log.ts';

/** The line and the metric of one transition, written by whoever made it. `alone`: in one environment, while the table fails. */
export function logTransition(
  { gateway, namespace, service }: { readonly gateway: string; readonly namespace: string; readonly service: string },
  next: CircuitState,
  nowMs: number,
  made: 'for all' | 'alone' = 'for all',
): void {
  const { state, version, source, by, reason, figures } = next;
  const metrics = {
    ...((state === 'open' || state === 'forced-open') && { [Metric.circuitOpened]: 1 }),
    ...((state === 'closed' || state === 'forced-closed') && { [Metric.circuitClosed]: 1 }),
  };
  const fields = { message: `circuit ${state}`, gateway, service, version, source, by, reason, figures, made };
  writeLine(Object.keys(metrics).length === 0 ? fields : emf({ namespace, service }, metrics, nowMs, fields));
}
