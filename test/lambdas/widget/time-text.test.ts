import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeText, UTC, zoneOf } from '../../../lambdas/widget/time-text.ts';

const AT_MS = Date.UTC(2026, 2, 4, 23, 30, 5);

describe('a time', () => {
  test.each([
    ['+00:00', '2026-03-04 23:30:05'],
    ['+05:30', '2026-03-05 05:00:05'],
    ['-08:00', '2026-03-04 15:30:05'],
  ])('is told in the dashboard’s time zone: %s', (offsetISO, text) => {
    const zone = zoneOf({ widgetContext: { timezone: { label: 'x', offsetISO } } });
    expect(zone.offset).toBe(offsetISO);
    expect(timeText(AT_MS, zone)).toBe(text);
  });

  test.each([
    [{}],
    [null],
    [{ widgetContext: { timezone: 'Europe/Paris' } }],
    [{ widgetContext: { timezone: { offsetISO: '+1:00' } } }],
  ])('is told in UTC where CloudWatch does not say: %j', (event) => {
    expect(zoneOf(event)).toEqual(UTC);
  });

  test('can be any number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (atMs) => {
        expect(timeText(atMs, UTC)).toMatch(/\d/);
      }),
    );
    expect(timeText(8.64e15 + 1, UTC)).toBe('8640000000000001');
  });
});
