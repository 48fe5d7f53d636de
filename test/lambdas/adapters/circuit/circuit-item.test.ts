import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCircuitItem, encodeCircuitItem, versionOf } from '../../../../lambdas/adapters/circuit/circuit-item.ts';
import { circuitStates } from '../../../support/circuit/circuit-states.ts';
import { PROBING } from '../../../support/circuit/circuits.ts';

describe('the item of a circuit', () => {
  it('is made of texts, numbers and maps of numbers', () => {
    expect(encodeCircuitItem(PROBING)).toEqual({
      state: { S: 'half-open' },
      version: { N: '2' },
      atMs: { N: '31000' },
      openedAtMs: { N: '1000' },
      reopenings: { N: '0' },
      leases: { M: { a: { N: '41000' } } },
      succeeded: { N: '0' },
      alarmAtMs: { N: '0' },
      source: { S: 'time' },
      by: { S: 'somebody' },
      reason: { S: 'the time to stay open is over' },
      figures: { M: {} },
    });
  });

  it('is read as it was written, in each of a circuit’s states', () => {
    fc.assert(
      fc.property(circuitStates, (circuit) => {
        expect(decodeCircuitItem(encodeCircuitItem(circuit))).toEqual(circuit);
      }),
    );
  });

  it('is read whatever people add to it', () => {
    const added = { writeId: { S: 'x' }, note: { L: [{ S: 'x' }] }, who: { SS: ['a'] }, no: { NULL: true } as const };
    expect(decodeCircuitItem({ ...encodeCircuitItem(PROBING), ...added })).toEqual(PROBING);
  });

  it.each([
    ['1', 1],
    ['999999999998', 999_999_999_998],
    ['999999999999', 0],
    ['5.000000000000000000001', 0],
    ['1000000000000', 0],
    ['9'.repeat(38), 0],
    ['0', 0],
    ['-1', 0],
    ['4.5', 0],
    ['1e3', 0],
  ])('with version %s has %d to count on from', (version, expected) => {
    expect(versionOf({ version: { N: version } })).toBe(expected);
  });

  it('without a number for a version has none to count on from', () => {
    expect([versionOf({}), versionOf({ version: { S: '4' } }), versionOf({ version: { BOOL: true } })]).toEqual([
      0, 0, 0,
    ]);
  });
});
