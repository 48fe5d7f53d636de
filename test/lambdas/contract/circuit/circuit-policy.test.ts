import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CircuitPolicy,
  type CircuitTiming,
  circuitTiming,
  circuitPolicy as decodePolicy,
  timingOf,
} from '../../../../lambdas/contract/circuit/circuit-policy.ts';
import { decodeJson, object } from '../../../../lambdas/contract/decode.ts';
import { circuitPolicy } from '../../../support/policy.ts';

const share = fc.double({ noNaN: true, min: 0.01, max: 1 });
/** `usual` now and then: what is the default must come back, too. */
const orUsual = <T>(usual: T, other: fc.Arbitrary<T>) => fc.oneof(fc.constant(usual), other);
const nullable = <T>(other: fc.Arbitrary<T>) => orUsual<T | null>(null, other);

const timings: fc.Arbitrary<CircuitTiming> = fc.record({
  openForMs: orUsual(30_000, fc.nat()),
  maxOpenForMs: orUsual(300_000, fc.nat()),
  probes: orUsual(3, fc.nat(20)),
  successes: orUsual(3, fc.nat(100)),
  rampUpMs: orUsual(5000, fc.nat()),
});
const policies: fc.Arbitrary<CircuitPolicy> = fc
  .tuple(
    timings,
    fc.record({
      failureShare: share,
      minRequests: fc.nat(),
      windowMs: fc.nat(),
      outcomes: fc.boolean(),
      slow: nullable(fc.record({ overMs: fc.nat(), share })),
      failureStatuses: nullable(fc.array(fc.integer({ min: 500, max: 599 }), { maxLength: 5 })),
      failOnTimeout: fc.boolean(),
      failOnReset: fc.boolean(),
      healthCheck: nullable(fc.string()),
      shadow: fc.boolean(),
      fallback: nullable(fc.record({ status: fc.nat(599), contentType: fc.string(), body: fc.string() })),
    }),
  )
  .map(([timing, rules]) => ({ ...timing, ...rules }));

describe('the policy of a circuit', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(decodeJson(decodePolicy, JSON.stringify(policy), 'circuit')).toEqual(policy);
      }),
    );
  });

  it.each<[object, string]>([
    [{ failureShare: '0.5' }, 'failureShare must be a finite number, got "0.5"'],
    [{ minRequests: 1.5 }, 'minRequests must be an integer, got 1.5'],
    [{ openForMs: null }, 'openForMs must be an integer, got null'],
    [{ outcomes: undefined }, 'outcomes must be a boolean, got undefined'],
    [{ probes: null }, 'probes must be an integer, got null'],
    [{ slow: { overMs: 100 } }, 'slow.share must be a finite number, got undefined'],
    [{ failureStatuses: [500, '503'] }, 'failureStatuses[1] must be an integer, got "503"'],
    [{ healthCheck: 7 }, 'healthCheck must be a string, got 7'],
    [{ fallback: { status: 200, contentType: 'text/plain' } }, 'fallback.body must be a string, got undefined'],
  ])('with %j is refused by name', (changes, message) => {
    const json = JSON.stringify({ ...circuitPolicy(), ...changes });
    expect(() => decodeJson(decodePolicy, json, 'circuit')).toThrow(`circuit.${message}`);
  });
});

describe('the part of it that moves a circuit', () => {
  it('is taken from the whole without the rest', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(object(circuitTiming)(policy, 'timing')).toEqual(timingOf(policy));
      }),
    );
  });
});
