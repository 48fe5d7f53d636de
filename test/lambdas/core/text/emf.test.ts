import { describe, expect, it } from 'vitest';
import { Metric } from '../../../../lambdas/contract/metrics.ts';
import { emf } from '../../../../lambdas/core/text/emf.ts';

const SERVICE = { namespace: 'Tollgate', service: 'users' };

describe('emf', () => {
  it('is one flat object whose metrics CloudWatch finds by name', () => {
    const line = emf(SERVICE, { [Metric.requests]: 1, [Metric.overhead]: 2.5, [Metric.failures]: 0 }, 1234, {
      status: 200,
    });
    expect(line).toEqual({
      status: 200,
      Service: 'users',
      Requests: 1,
      Overhead: 2.5,
      Failures: 0,
      _aws: {
        Timestamp: 1234,
        CloudWatchMetrics: [
          {
            Namespace: 'Tollgate',
            Dimensions: [['Service']],
            Metrics: [
              { Name: 'Requests', Unit: 'Count' },
              { Name: 'Overhead', Unit: 'Milliseconds' },
              { Name: 'Failures', Unit: 'Count', StorageResolution: 1 },
            ],
          },
        ],
      },
    });
  });

  it('defines no metric without a value and lists no value without a definition', () => {
    const line = emf(SERVICE, { [Metric.rateLimited]: 1 }, 0) as {
      _aws: { CloudWatchMetrics: [{ Metrics: { Name: string }[] }] };
    };
    expect(line._aws.CloudWatchMetrics[0].Metrics.map(({ Name }) => Name)).toEqual(['RateLimited']);
    expect(Object.keys(line)).toEqual(['Service', 'RateLimited', '_aws']);
  });

  it('lets no field of the log line take the place of a metric or the dimension', () => {
    const line = emf(SERVICE, { [Metric.requests]: 1 }, 0, { Requests: 99, Service: 'other', _aws: 'x' });
    expect(line).toMatchObject({ Requests: 1, Service: 'users', _aws: { Timestamp: 0 } });
  });
});
