import { expect, it } from 'vitest';
import { causeOf } from '../../../lambdas/alarm/alarm-cause.ts';
import { CROSSED } from './events.ts';

const CHANGE = {
  alarmName: 'gw-users-failures',
  state: 'ALARM',
  reason: CROSSED,
  atMs: 1,
  periodS: 10,
  percentile: 'p99',
};

it.each([
  ['failures', 0.625, '62.5 % of requests failed within 10 s', { failurePercent: 62.5 }],
  ['failures', 0.62, '62 % of requests failed within 10 s', { failurePercent: 62 }],
  ['failures', 1, '100 % of requests failed within 10 s', { failurePercent: 100 }],
  ['failures', 2210.4, 'p99 latency of 2210 ms within 10 s', { latencyMs: 2210 }],
  ['throttles', 0.4, '40 % of invocations were throttled within 10 s', { throttledPercent: 40 }],
] as const)('an alarm of %s that saw %d says: %s', (kind, value, reason, figures) => {
  expect(causeOf(kind, { ...CHANGE, value })).toEqual({ source: 'alarm', by: 'gw-users-failures', reason, figures });
});

it('an alarm that does not tell its period, or the percentile, says nothing of them', () => {
  const said = (value: number) =>
    causeOf('failures', { ...CHANGE, value, periodS: undefined, percentile: undefined }).reason;
  expect([said(0.62), said(2210)]).toEqual(['62 % of requests failed', 'a latency of 2210 ms']);
});

it.each([undefined, 0])(
  'an alarm that saw %s speaks in CloudWatch’s words, no more than 256 of their characters',
  (value) => {
    const { reason, figures } = causeOf('failures', { ...CHANGE, reason: 'x'.repeat(1000), value });
    expect({ reason, figures }).toEqual({ reason: 'x'.repeat(256), figures: {} });
  },
);
