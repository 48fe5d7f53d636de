import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logTransition } from '../../../lambdas/adapters/circuit-log.ts';
import { captureLines } from '../../support/lines.ts';

const CIRCUIT = { gateway: 'shop', namespace: 'Tollgate', service: 'orders' };
const CAUSE = { openedAtMs: 1000, source: 'alarm', reason: 'too many failures' } as const;

let output: ReturnType<typeof captureLines>;
beforeEach(() => {
  output = captureLines();
});
afterEach(() => output.restore());

function metricsOf(line: Record<string, unknown> | undefined): unknown {
  return (line?.['_aws'] as { CloudWatchMetrics: [{ Metrics: unknown }] } | undefined)?.CloudWatchMetrics[0].Metrics;
}

describe('the line of a transition', () => {
  it('to open says who opened it and why, and is a metric', () => {
    logTransition(CIRCUIT, { state: 'open', version: 4, retryAtMs: 31_000, ...CAUSE }, 1000);
    expect(output.lines).toMatchObject([
      {
        message: 'circuit open',
        gateway: 'shop',
        service: 'orders',
        version: 4,
        source: 'alarm',
        reason: 'too many failures',
        Service: 'orders',
        CircuitOpened: 1,
      },
    ]);
    expect(metricsOf(output.lines[0])).toEqual([{ Name: 'CircuitOpened', Unit: 'Count' }]);
  });

  it('to closed is a metric', () => {
    logTransition(CIRCUIT, { state: 'closed', version: 6, closedAtMs: 32_000 }, 32_000);
    expect(output.lines).toMatchObject([{ message: 'circuit closed', version: 6, CircuitClosed: 1 }]);
    expect(metricsOf(output.lines[0])).toEqual([{ Name: 'CircuitClosed', Unit: 'Count' }]);
  });

  it('to half-open is none', () => {
    logTransition(CIRCUIT, { state: 'half-open', version: 5, probeLeaseUntilMs: 38_000, ...CAUSE }, 31_000);
    expect(output.lines).toMatchObject([{ message: 'circuit half-open', version: 5 }]);
    expect(output.lines[0]).not.toHaveProperty('_aws');
  });
});
