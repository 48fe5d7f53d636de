import { expect, test } from 'vitest';
import type { Outcome } from '../../../local/functions/invocation.ts';
import { lambdaSamples } from '../../../local/metrics/service-metrics.ts';

function metricsOf(outcome: Outcome): Readonly<Record<string, number>> {
  const samples = lambdaSamples({ functionName: 'users', outcome, durationMs: 12 }, 1000);
  for (const { metric } of samples) {
    expect(metric).toMatchObject({ namespace: 'AWS/Lambda', dimensions: { FunctionName: 'users' } });
  }
  return Object.fromEntries(samples.map(({ metric, value }) => [metric.name, value]));
}

test('an invocation counts as one, with its duration and its error', () => {
  expect(metricsOf({ kind: 'replied', payload: '{}' })).toEqual({
    Invocations: 1,
    Errors: 0,
    Throttles: 0,
    Duration: 12,
  });
  expect(metricsOf({ kind: 'failed', errorType: 'Error', message: '' })).toMatchObject({ Invocations: 1, Errors: 1 });
});

test('an event that is throttled, or too large, is no invocation', () => {
  expect(metricsOf({ kind: 'throttled' })).toEqual({ Throttles: 1 });
  expect(metricsOf({ kind: 'too-large' })).toEqual({ Throttles: 0 });
});
