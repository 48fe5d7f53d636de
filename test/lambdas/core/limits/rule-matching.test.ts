import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import type { Identity } from '../../../../lambdas/core/limits/limiter.ts';
import {
  applyChange,
  canonicalId,
  endOf,
  isEmpty,
  isIdle,
  isRevoked,
  noRule,
  overrideFor,
  type RuleChange,
  standingRule,
} from '../../../../lambdas/core/limits/rule-matching.ts';
import { sourceNetwork } from '../../../../lambdas/core/limits/source-address.ts';

const NOW = Date.UTC(2026, 10, 24);
const REVOKE: RuleChange = { type: 'revoke', untilMs: 0, reason: 'left the company' };
const RESTORE: RuleChange = { type: 'restore', reason: 'is back' };

function override(limit: string, value: number, untilMs = 0): RuleChange {
  return { type: 'override', limit, override: { limit: value, ratePerS: null, untilMs }, reason: '' };
}

function rule(changes: readonly RuleChange[], nowMs = NOW, id = 'sub:alice'): Rule {
  return changes.reduce((standing, change) => applyChange(standing, change, nowMs), noRule(id));
}

describe('a rule', () => {
  it('says nothing before an operator has said something', () => {
    expect(isEmpty(noRule('sub:alice'))).toBe(true);
    expect(isEmpty(rule([REVOKE]))).toBe(false);
    expect(isEmpty(rule([override('client', 5)]))).toBe(false);
  });

  it('keeps limits when it is restored, and the revocation when a limit goes', () => {
    const both = [override('client', 500), REVOKE] as const;
    expect(rule([...both, RESTORE])).toMatchObject({ revocation: null, limits: { client: { limit: 500 } } });
    expect(rule([...both, { type: 'default', limit: 'client', reason: '' }])).toMatchObject({
      revocation: { untilMs: 0 },
      limits: {},
    });
  });

  it('has the last change’s end, value and reason', () => {
    const changed = rule([REVOKE, { ...REVOKE, untilMs: NOW + 1000, reason: 'for now' }]);
    expect(changed).toMatchObject({ revocation: { untilMs: NOW + 1000 }, reason: 'for now' });
    expect(rule([override('client', 5), override('client', 7)]).limits).toMatchObject({ client: { limit: 7 } });
  });

  it('has a higher version after each change, also when the clock has stepped back', () => {
    const changes = fc.constantFrom<RuleChange>(REVOKE, RESTORE, override('client', 5));
    const steps = fc.array(fc.tuple(changes, fc.integer({ min: 0, max: 2 * NOW })), { minLength: 1 });
    fc.assert(
      fc.property(steps, (taken) => {
        let standing = noRule('sub:alice');
        for (const [change, nowMs] of taken) {
          const next = applyChange(standing, change, nowMs);
          expect(next.version).toBeGreaterThan(standing.version);
          expect(next.version).toBeGreaterThanOrEqual(nowMs);
          standing = next;
        }
      }),
    );
  });

  it('loses what has ended by itself with the next change', () => {
    const ended = rule([override('client', 5, NOW + 10), { ...REVOKE, untilMs: NOW + 10 }]);
    expect(applyChange(ended, override('tenant', 7), NOW + 10)).toMatchObject({
      revocation: null,
      limits: { tenant: { limit: 7 } },
    });
    expect(Object.keys(applyChange(ended, override('tenant', 7), NOW + 9).limits)).toEqual(['client', 'tenant']);
  });

  it('says nothing once all of it has ended, in the same version', () => {
    const ended = rule([override('client', 5, NOW + 10), { ...REVOKE, untilMs: NOW + 20 }]);
    expect(isEmpty(standingRule(ended, NOW + 19))).toBe(false);
    expect(standingRule(ended, NOW + 20)).toEqual({ ...ended, revocation: null, limits: {} });
  });

  it('ends when the last of what it says ends, or never, or has ended with its last change', () => {
    expect(endOf(rule([override('client', 5, NOW + 10), { ...REVOKE, untilMs: NOW + 20 }]))).toBe(NOW + 20);
    expect(endOf(rule([override('client', 5, NOW + 10), REVOKE]))).toBeUndefined();
    expect(endOf(rule([REVOKE, RESTORE]))).toBe(NOW + 1);
  });
});

it('taking away what is not there is told from taking away what is', () => {
  const byDefault: RuleChange = { type: 'default', limit: 'client', reason: '' };
  expect(isIdle(noRule('sub:alice'), RESTORE)).toBe(true);
  expect(isIdle(rule([REVOKE]), RESTORE)).toBe(false);
  expect(isIdle(rule([override('tenant', 5)]), byDefault)).toBe(true);
  expect(isIdle(rule([override('client', 5)]), byDefault)).toBe(false);
  expect(isIdle(rule([REVOKE]), REVOKE)).toBe(false);
});

describe('a request', () => {
  const identity: Identity = {
    client: 'sub:alice',
    tenant: 'tenant:acme',
    plan: 'plan:pro',
    token: 'token:t1',
    ip: 'ip:192.0.2.1',
  };
  const NOBODY: Identity = { client: '', tenant: '', plan: '', token: '', ip: '' };

  function rules(byId: Readonly<Record<string, readonly RuleChange[]>>): ReadonlyMap<string, Rule> {
    return new Map(Object.entries(byId).map(([id, changes]) => [id, rule(changes, NOW, id)]));
  }

  it.each(['token:t1', 'sub:alice', 'tenant:acme'])('is revoked with %s', (id) => {
    expect(isRevoked(rules({ [id]: [REVOKE] }), identity, NOW)).toBe(true);
    expect(isRevoked(rules({ [id]: [REVOKE] }), NOBODY, NOW)).toBe(false);
  });

  it('is not revoked with its plan, with what was restored, or with others', () => {
    const others = { 'plan:pro': [REVOKE], 'sub:alice': [REVOKE, RESTORE], 'sub:bob': [REVOKE] };
    expect(isRevoked(rules(others), identity, NOW)).toBe(false);
  });

  it('is revoked until the revocation ends', () => {
    const standing = rules({ 'sub:alice': [{ ...REVOKE, untilMs: NOW + 10 }] });
    expect(isRevoked(standing, identity, NOW + 9)).toBe(true);
    expect(isRevoked(standing, identity, NOW + 10)).toBe(false);
  });

  function limitOf(standing: ReadonlyMap<string, Rule>, nowMs = NOW): number | undefined {
    return overrideFor(standing, identity, { name: 'client', by: 'client' }, 'payments', nowMs)?.limit;
  }

  it('has the limit of its client, else of its tenant, else of its plan', () => {
    const all = {
      'plan:pro': [override('client', 1)],
      'tenant:acme': [override('client', 2)],
      'sub:alice': [override('client', 3)],
    };
    expect(limitOf(rules(all))).toBe(3);
    expect(limitOf(rules({ ...all, 'sub:alice': [] }))).toBe(2);
    expect(limitOf(rules({ ...all, 'sub:alice': [], 'tenant:acme': [override('tenant', 9)] }))).toBe(1);
    expect(limitOf(rules({ 'token:t1': [override('client', 9)] }))).toBeUndefined();
  });

  it('has what names the service before what does not, of the same subject', () => {
    const named = [override('client', 1), override('payments/client', 2), override('users/client', 3)];
    expect(limitOf(rules({ 'sub:alice': named }))).toBe(2);
    expect(limitOf(rules({ 'sub:alice': [override('client', 1)], 'tenant:acme': named }))).toBe(1);
  });

  it('has the next one in this order once one has ended', () => {
    const standing = rules({
      'sub:alice': [override('payments/client', 1, NOW + 10), override('client', 2, NOW + 20)],
      'plan:pro': [override('client', 3)],
    });
    expect([NOW + 9, NOW + 10, NOW + 20].map((nowMs) => limitOf(standing, nowMs))).toEqual([1, 2, 3]);
  });
});

it.each([
  ['ip:2001:DB8:0:1::42', 'ip:2001:db8:0:1::'],
  ['ip:2001:db8:0:1::7', 'ip:2001:db8:0:1::'],
  ['ip:2001:db8:0:1::', 'ip:2001:db8:0:1::'],
  ['ip:::1', 'ip:::'],
  ['ip:::ffff:192.0.2.1', 'ip:192.0.2.1'],
  ['ip:192.0.2.1', 'ip:192.0.2.1'],
  ['sub:2001:DB8::1', 'sub:2001:DB8::1'],
])('%s is counted and written as %s', (id, expected) => {
  expect(canonicalId(id)).toBe(expected);
});

it('an address is written as the client is called of each request from its network', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.array(group, { minLength: 4, maxLength: 4 }).map((groups) => groups.join(':'));
  // Zeros before them would make a mapped IPv4 address of some hosts.
  const network = half.filter((groups) => groups !== '0:0:0:0');
  fc.assert(
    fc.property(network, half, half, (subnet, host, otherHost) => {
      expect(canonicalId(`ip:${subnet}:${host.toUpperCase()}`)).toBe(`ip:${sourceNetwork(`${subnet}:${otherHost}`)}`);
    }),
  );
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(canonicalId(`ip:::FFFF:${address}`)).toBe(`ip:${sourceNetwork(address)}`);
    }),
  );
});
