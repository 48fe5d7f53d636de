import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decodeAlarmEvent } from '../../../lambdas/alarm/alarm-event.ts';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { actionEvent, bridgeEvent, CROSSED, reasonDataOf, type ToldChange } from './events.ts';

const AT_MS = Date.UTC(2026, 0, 1, 12, 30, 15, 490);

describe.each([
  ['a Lambda alarm action', actionEvent, 'event.alarmData'],
  ['EventBridge', bridgeEvent, 'event.detail'],
])('the event of %s', (_, eventOf: (told: ToldChange) => object, path) => {
  const event = (told: Partial<ToldChange> = {}) => eventOf({ alarmName: 'gw-users-failures', atMs: AT_MS, ...told });

  it('tells the alarm, its state, its reason, what it saw and when', () => {
    expect(decodeAlarmEvent(event())).toEqual({
      alarmName: 'gw-users-failures',
      state: 'ALARM',
      reason: CROSSED,
      value: 0.625,
      periodS: 10,
      percentile: 'p99',
      atMs: AT_MS,
    });
  });

  it('tells the newest of several datapoints', () => {
    expect(decodeAlarmEvent(event({ reasonData: reasonDataOf(0.5, 0.75) }))).toMatchObject({ value: 0.75 });
  });

  it('tells the newest that reached the threshold, where a later period was good', () => {
    const { value } = decodeAlarmEvent(event({ reasonData: reasonDataOf(0.5, 0.75, 0.1) }));
    expect(value).toBe(0.75);
  });

  it.each([
    ['no reasonData, as after set-alarm-state', null],
    ['reasonData without a datapoint', reasonDataOf()],
    ['reasonData that is no JSON', 'because'],
    ['reasonData of another form', '{"recentDatapoints":["much"],"period":10}'],
    ['reasonData that is no text', 7],
  ])('is an alarm without a value where it has %s', (_reason, reasonData) => {
    const change = decodeAlarmEvent(event({ reasonData }));
    expect(change).toMatchObject({ alarmName: 'gw-users-failures', state: 'ALARM', value: undefined });
  });

  it.each([
    ['a period', '{"recentDatapoints":[0.75]}', { value: 0.75, periodS: undefined }],
    ['datapoints', '{"period":10}', { value: undefined, periodS: 10 }],
  ])('tells what else is in reasonData without %s', (_missing, reasonData, told) => {
    expect(decodeAlarmEvent(event({ reasonData }))).toMatchObject(told);
  });

  it.each([
    ['is missing', null],
    ['has another form', { metrics: 'many' }],
    ['names no percentile', { metrics: [{ id: 'a', metricStat: { stat: 'Average' } }, { id: 'b' }] }],
  ])('is an alarm without a percentile where its configuration %s', (_reason, configuration) => {
    const change = decodeAlarmEvent(event({ configuration }));
    expect(change).toMatchObject({ state: 'ALARM', value: 0.625, percentile: undefined });
  });

  it.each([
    ['alarmName', { alarmName: 7 as never }, 'alarmName'],
    ['state', { value: 7 as never }, 'state.value'],
    ['reason', { reason: 7 as never }, 'state.reason'],
  ])('is refused for a wrong %s, whose path it names', (_name, told: Partial<ToldChange>, where) => {
    expect(() => decodeAlarmEvent(event(told))).toThrow(`${path}.${where} must be`);
  });

  it('is refused without a date', () => {
    const text = JSON.stringify(event()).replace(/"timestamp":"[^"]+"/g, '"timestamp":"soon"');
    expect(() => decodeAlarmEvent(JSON.parse(text))).toThrow(`${path}.state.timestamp must be a date, got "soon"`);
  });
});

test('an event of EventBridge that tells of a changed configuration is refused, although it has a state', () => {
  const event = bridgeEvent({ alarmName: 'gw-users-failures', atMs: AT_MS });
  expect(() => decodeAlarmEvent({ ...event, 'detail-type': 'CloudWatch Alarm Configuration Change' })).toThrow(
    'event.detail-type must be one of CloudWatch Alarm State Change, got',
  );
});

test('whatever is no alarm’s event is refused with its path', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (event) => {
      try {
        decodeAlarmEvent(event);
        return false;
      } catch (error) {
        return error instanceof DecodeError && error.path.startsWith('event');
      }
    }),
  );
});
