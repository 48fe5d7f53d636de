import fc from 'fast-check';
import { CIRCUIT_SOURCES, type CircuitState } from '../../../lambdas/contract/circuit/circuit-state.ts';
import { MAX_VERSION } from '../../../lambdas/contract/table.ts';

const timeMs = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
const count = fc.nat(1000);
/** DynamoDB holds 38 digits between 1e-130 and 1e126, which is more than a figure ever needs. */
const figure = fc.oneof(fc.integer(), fc.double({ noNaN: true, min: 1e-100, max: 1e100 }));
const name = fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom('constructor', 'N', 'M'));

const moved = {
  version: fc.integer({ min: 1, max: MAX_VERSION - 1 }),
  source: fc.constantFrom(...CIRCUIT_SOURCES),
  by: fc.string(),
  reason: fc.string({ unit: 'grapheme' }),
  figures: fc.dictionary(name, figure, { maxKeys: 4, noNullPrototype: true }),
  atMs: timeMs,
  alarmAtMs: timeMs,
};
const opened = { ...moved, openedAtMs: timeMs, reopenings: count };

/** Any circuit that has moved, in any of its states. */
export const circuitStates: fc.Arbitrary<CircuitState> = fc.oneof(
  fc.record({
    ...moved,
    state: fc.constant('closed' as const),
    closedAtMs: timeMs,
    rampUntilMs: timeMs,
    reopenings: count,
  }),
  fc.record({ ...opened, state: fc.constant('open' as const), retryAtMs: timeMs }),
  fc.record({
    ...opened,
    state: fc.constant('half-open' as const),
    leases: fc.dictionary(name, timeMs, { maxKeys: 4, noNullPrototype: true }),
    succeeded: count,
  }),
  fc.record({
    ...moved,
    state: fc.constantFrom('forced-open' as const, 'forced-closed' as const),
    sinceMs: timeMs,
    untilMs: timeMs,
  }),
);
