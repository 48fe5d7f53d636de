import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { Metric, type MetricName } from '../../contract/metrics.ts';
import { emf } from '../../core/text/emf.ts';
import { writeLine } from '../log.ts';

const METRICS: Readonly<Record<CircuitState['state'], MetricName>> = {
  open: Metric.circuitOpened,
  'forced-open': Metric.circuitOpened,
  'half-open': Metric.circuitHalfOpened,
  closed: Metric.circuitClosed,
  'forced-closed': Metric.circuitClosed,
};

/**
 * Writes log line and metric of one transition. `alone`: an instance made it for itself only, while the table fails.
 */
export function logTransition(
  { gateway, namespace, service }: { readonly gateway: string; readonly namespace: string; readonly service: string },
  next: CircuitState,
  nowMs: number,
  made: 'for all' | 'alone' = 'for all',
): void {
  const { state, version, source, by, reason, figures } = next;
  const fields = { message: `circuit ${state}`, gateway, service, version, source, by, reason, figures, made };
  writeLine(emf({ namespace, service }, { [METRICS[state]]: 1 }, nowMs, fields));
}
