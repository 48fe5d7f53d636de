import { Metric } from '../contract/metrics.ts';
import type { CircuitState } from '../core/circuit.ts';
import { emf } from '../core/emf.ts';
import { writeLine } from './log.ts';

/** The line and the metric of one transition, written by whoever made it. */
export function logTransition(
  { gateway, namespace, service }: { readonly gateway: string; readonly namespace: string; readonly service: string },
  next: CircuitState,
  nowMs: number,
): void {
  const metrics = {
    ...(next.state === 'open' && { [Metric.circuitOpened]: 1 }),
    ...(next.state === 'closed' && { [Metric.circuitClosed]: 1 }),
  };
  const reason = next.state === 'closed' ? {} : { source: next.source, reason: next.reason };
  const fields = { message: `circuit ${next.state}`, gateway, service, version: next.version, ...reason };
  writeLine(Object.keys(metrics).length === 0 ? fields : emf({ namespace, service }, metrics, nowMs, fields));
}
