import { describe, expect, it } from 'vitest';
import { INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { decodeOperation, decodeOperationResult } from '../../../../lambdas/contract/operations/operations.ts';

const DAY_MS = 86_400_000;
const API_KEY = `tgk_4fzN9qXw2LbC_${'C'.repeat(49)}`;
const OPEN = { action: 'open-circuit', service: 'payments', reason: 'maintenance' };
const CLOSE = { action: 'close-circuit', service: 'payments' };
const RELEASE = { action: 'release-circuit', service: 'payments' };

describe('an operation on circuits', () => {
  it.each([
    [{ action: 'list-circuits' }, { action: 'list-circuits' }],
    [
      { action: 'get-circuit', service: 'payments-2' },
      { action: 'get-circuit', service: 'payments-2' },
    ],
    [OPEN, { ...OPEN, forMs: null, by: '' }],
    [
      { ...OPEN, forMs: 30 * DAY_MS, by: 'alice' },
      { ...OPEN, forMs: 30 * DAY_MS, by: 'alice' },
    ],
    [CLOSE, { ...CLOSE, forMs: null, by: '', reason: '' }],
    [
      { ...CLOSE, forMs: 1000, by: 'b'.repeat(64), reason: 'r'.repeat(256) },
      { ...CLOSE, forMs: 1000, by: 'b'.repeat(64), reason: 'r'.repeat(256) },
    ],
    [RELEASE, { ...RELEASE, by: '', reason: '' }],
  ])('%j is read', (event, operation) => {
    expect(decodeOperation(event)).toEqual(operation);
  });

  it.each([
    [{ ...OPEN, reason: undefined }, 'a circuit that is opened by hand must have a reason, got none: write it for'],
    [{ ...OPEN, reason: ' ' }, 'a circuit that is opened by hand must have a reason, got none'],
    [
      { ...OPEN, reason: 'a\u0007b' },
      'the reason must be well-formed Unicode without control characters, got "a\\u0007b',
    ],
    [{ ...CLOSE, reason: API_KEY }, 'an operation must not hold a token or an API key, got one'],
    [{ ...CLOSE, reason: 'x'.repeat(257) }, 'the reason must have at most 256 characters, got 257'],
    [{ ...OPEN, service: 'Payments' }, 'lower-case letters, digits and hyphens, got "Payments": write payments'],
    [{ ...OPEN, service: 'p'.repeat(32) }, 'the name of a service must be'],
    [{ ...OPEN, service: '__proto__' }, 'the name of a service must be'],
    [{ ...OPEN, service: 'a#b' }, 'the name of a service must be'],
    [{ ...OPEN, service: '\u009b2J' }, 'got "\\u{9b}2J": write it as the stack has it'],
    [{ action: 'get-circuit' }, 'operation.service must be a string, got undefined'],
    [{ ...OPEN, forMs: 30 * DAY_MS + 1 }, 'forMs must be a whole number of ms from 1 s to 30 days, got 2592000001'],
    [
      { ...CLOSE, forMs: 999 },
      'forMs must be a whole number of ms from 1 s to 30 days, got 999: leave it out for no end',
    ],
    [{ ...OPEN, by: 'b'.repeat(65) }, 'the name of who asks must have at most 64 characters, got 65'],
    [{ ...OPEN, by: 'a\nb' }, 'the name of who asks must be well-formed Unicode without control characters'],
    [{ ...OPEN, by: 5 }, 'operation.by must be a string, got 5'],
    [{ ...RELEASE, forMs: 1000 }, 'the fields of this operation must be of action, service, by, reason, got "forMs"'],
    [{ action: 'list-circuits', service: 'a' }, 'the fields of this operation must be of action, got "service"'],
  ])('%j is refused with the value, the rule and the fix', (event, message) => {
    expect(() => decodeOperation(event)).toThrow(
      expect.objectContaining({ code: 'invalid_operation', message: expect.stringContaining(message) }),
    );
  });
});

describe('a result', () => {
  const forced = {
    state: 'forced-open',
    sinceMs: 1,
    untilMs: 0,
    version: 2,
    atMs: 1,
    alarmAtMs: 0,
    source: 'operator',
    by: 'alice',
    reason: 'maintenance',
    figures: {},
  };
  const facts = { service: 'payments', circuit: forced, fault: null, shadow: true };
  const spoilt = { service: 'users', circuit: null, fault: 'circuit.state must be one of', shadow: false };

  it.each([
    [{ ok: true, circuits: [facts, spoilt], nowMs: 5 }],
    [{ ok: true, circuits: [], nowMs: 5 }],
    [{ ok: true, ...facts, history: [forced], changed: true, note: 'x', nowMs: 5 }],
    [{ ok: true, ...spoilt, history: [INITIAL_CIRCUIT], changed: false, note: null, nowMs: 5 }],
  ])('of circuits is read as it was written: %j', (result) => {
    expect(decodeOperationResult(JSON.parse(JSON.stringify(result)))).toEqual(result);
  });

  it.each([
    [{ ok: true, circuits: [{ service: 'a', circuit: {}, fault: null }], nowMs: 5 }],
    [{ ok: true, ...facts, changed: true, note: null, nowMs: 5 }],
  ])('%j is none', (value) => {
    expect(() => decodeOperationResult(value)).toThrow(expect.objectContaining({ code: 'decode_failed' }));
  });
});
