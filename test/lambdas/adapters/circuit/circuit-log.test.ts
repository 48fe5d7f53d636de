import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logTransition } from '../../../../lambdas/adapters/circuit/circuit-log.ts';
import type { CircuitState } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { HELD, OPENED, PROBING, RECOVERED, SHUT } from '../../../support/circuit/circuits.ts';
import { captureLines } from '../../../support/lines.ts';

const CIRCUIT = { gateway: 'shop', namespace: 'Tollgate', service: 'orders' };

let output: ReturnType<typeof captureLines>;
beforeEach(() => {
  output = captureLines();
});
afterEach(() => output.restore());

function metricsOf(line: Record<string, unknown> | undefined): unknown {
  return (line?.['_aws'] as { CloudWatchMetrics: [{ Metrics: unknown }] } | undefined)?.CloudWatchMetrics[0].Metrics;
}

describe('the line of a transition', () => {
  it('says who moved the circuit, why and by which figures', () => {
    logTransition(CIRCUIT, OPENED, 1000);
    expect(output.lines).toMatchObject([
      {
        message: 'circuit open',
        gateway: 'shop',
        service: 'orders',
        version: 1,
        source: 'outcomes',
        by: 'somebody',
        reason: 'too many failures',
        figures: { failures: 5 },
        made: 'for all',
        Service: 'orders',
        CircuitOpened: 1,
      },
    ]);
  });

  it('says of one that holds for one instance alone that it does', () => {
    logTransition(CIRCUIT, OPENED, 1000, 'alone');
    expect(output.lines).toMatchObject([{ message: 'circuit open', made: 'alone', CircuitOpened: 1 }]);
  });

  it.each<[string, CircuitState, string]>([
    ['open', OPENED, 'CircuitOpened'],
    ['forced-open', SHUT, 'CircuitOpened'],
    ['half-open', PROBING, 'CircuitHalfOpened'],
    ['closed', RECOVERED, 'CircuitClosed'],
    ['forced-closed', HELD, 'CircuitClosed'],
  ])('to %s is one metric', (state, circuit, metric) => {
    logTransition(CIRCUIT, circuit, 32_000);
    expect(output.lines).toMatchObject([{ message: `circuit ${state}`, [metric]: 1, _aws: { Timestamp: 32_000 } }]);
    expect(metricsOf(output.lines[0])).toEqual([{ Name: metric, Unit: 'Count' }]);
  });
});
