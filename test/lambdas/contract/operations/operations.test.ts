import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMIT_BOUNDS } from '../../../../lambdas/contract/limits/limit-bounds.ts';
import { RULE_KINDS } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { parseRuleId } from '../../../../lambdas/contract/limits/rule-id.ts';
import { decodeOperation, decodeOperationResult } from '../../../../lambdas/contract/operations/operations.ts';

const HOUR_MS = 3_600_000;
const TOKEN = `eyJhbGciOiJFUzI1NiJ9.${'A'.repeat(40)}.${'B'.repeat(86)}`;
const KEY_ID = '4fzN9qXw2LbC';
const API_KEY = `tgk_${KEY_ID}_${'C'.repeat(49)}`;

describe('an id', () => {
  it('is a kind and a name of any characters but control characters', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(fc.constantFrom(...RULE_KINDS), name, (kind, text) => {
        expect(parseRuleId(`${kind}:${text}`)).toEqual({ kind, name: text });
      }),
    );
    expect(parseRuleId('sub:auth0|a:b')).toEqual({ kind: 'sub', name: 'auth0|a:b' });
    expect(parseRuleId(`sub:${'x'.repeat(1024)}`).name).toHaveLength(1024);
  });

  it.each([
    ['alice', 'an id must be kind:name with a kind of token, sub, tenant, key, ip, plan, got "alice": write one like'],
    ['user:alice', 'an id must be kind:name'],
    [':alice', 'an id must be kind:name'],
    ['', 'an id must be kind:name'],
    ['sub:', 'the name in an id must have 1 to 1024 characters, got 0 in "sub:": longer claims are no client’s'],
    [`sub:${'x'.repeat(1025)}`, 'the name in an id must have 1 to 1024 characters, got 1025'],
    ['sub:a\nb', 'an id must be well-formed Unicode without control characters, got "sub:a\\nb"'],
    ['sub:\ud800', 'an id must be well-formed Unicode without control characters'],
  ])('%j is refused with the value, the rule and the fix', (id, message) => {
    expect(() => parseRuleId(id)).toThrow(message.replace('’', "'"));
  });

  it.each([TOKEN, `token:${TOKEN}`, `sub:${TOKEN}`, API_KEY, `key:${API_KEY}`])(
    'that is a credential is refused, and the credential is not repeated: %s',
    (id) => {
      expect(() => parseRuleId(id)).toThrow(
        'an id must not hold a token or an API key, got one: name a token by its jti',
      );
      try {
        parseRuleId(id);
      } catch (error) {
        expect(String(error)).not.toMatch(/eyJ|tgk/);
      }
    },
  );
});

/** So many different words of that length. */
function words(count: number, length: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index).padStart(length, '-'));
}

const DAY_MS = 86_400_000;
const CREATE = { action: 'create-key', owner: 'o'.repeat(256) };

describe('an operation', () => {
  it.each([
    [
      { action: 'revoke', id: 'token:t1', reason: 'stolen', forMs: HOUR_MS },
      { action: 'revoke', id: 'token:t1', reason: 'stolen', forMs: HOUR_MS },
    ],
    [
      { action: 'revoke', id: 'sub:alice', reason: 'left' },
      { action: 'revoke', id: 'sub:alice', reason: 'left', forMs: null },
    ],
    [
      { action: 'restore', id: 'plan:pro' },
      { action: 'restore', id: 'plan:pro', reason: '' },
    ],
    [
      { action: 'limit', id: 'plan:pro', limit: 'payments/client', value: 5, ratePerS: 0.5, reason: 'x' },
      { action: 'limit', id: 'plan:pro', limit: 'payments/client', value: 5, ratePerS: 0.5, forMs: null, reason: 'x' },
    ],
    [
      { action: 'limit', id: 'ip:192.0.2.1', limit: 'client-bucket', value: null },
      {
        action: 'limit',
        id: 'ip:192.0.2.1',
        limit: 'client-bucket',
        value: null,
        ratePerS: null,
        forMs: null,
        reason: '',
      },
    ],
    [
      { action: 'revoke', id: `key:${KEY_ID}`, reason: 'leaked' },
      { action: 'revoke', id: `key:${KEY_ID}`, reason: 'leaked', forMs: null },
    ],
    [
      { action: 'restore', id: 'key:k1' },
      { action: 'restore', id: 'key:k1', reason: '' },
    ],
    [
      { action: 'get', id: 'key:k1' },
      { action: 'get', id: 'key:k1' },
    ],
    [
      { action: 'create-key', owner: 'billing' },
      {
        action: 'create-key',
        owner: 'billing',
        plan: '',
        tenant: '',
        scopes: [],
        roles: [],
        forMs: 365 * DAY_MS,
      },
    ],
    [
      { ...CREATE, plan: 'pro', tenant: 'acme', scopes: ['a:b', 'c', 'c'], roles: ['admin'], forMs: 3650 * DAY_MS },
      {
        action: 'create-key',
        owner: 'o'.repeat(256),
        plan: 'pro',
        tenant: 'acme',
        scopes: ['a:b', 'c'],
        roles: ['admin'],
        forMs: 3650 * DAY_MS,
      },
    ],
    [
      { action: 'rotate-key', id: `key:${KEY_ID}` },
      { action: 'rotate-key', id: KEY_ID, overlapMs: DAY_MS },
    ],
    [
      { action: 'rotate-key', id: KEY_ID, overlapMs: 0 },
      { action: 'rotate-key', id: KEY_ID, overlapMs: 0 },
    ],
    [{ action: 'list-keys' }, { action: 'list-keys', after: null }],
    [{ action: 'list' }, { action: 'list', kind: null, after: null }],
    [
      { action: 'list', kind: 'sub', after: 'sub:a' },
      { action: 'list', kind: 'sub', after: 'sub:a' },
    ],
    [
      { action: 'get', id: 'ip:2001:db8:0:1::42' },
      { action: 'get', id: 'ip:2001:db8:0:1::42' },
    ],
  ])('%j is read', (event, operation) => {
    expect(decodeOperation(event)).toEqual(operation);
  });

  it.each([
    ['that the stack may have at least', LIMIT_BOUNDS.units.min, LIMIT_BOUNDS.ratePerS.min],
    ['that the stack may have at most', LIMIT_BOUNDS.units.max, LIMIT_BOUNDS.ratePerS.max],
  ])('sets the numbers %s', (_, value, ratePerS) => {
    const event = { action: 'limit', id: 'sub:alice', limit: 'client-bucket', value, ratePerS };
    expect(decodeOperation(event)).toMatchObject({ value, ratePerS });
  });

  const REVOKE = { action: 'revoke', id: 'sub:alice', reason: 'x' };
  const LIMIT = { action: 'limit', id: 'sub:alice', limit: 'client', value: 5 };
  it.each([
    [null, 'operation must be an object, got null'],
    [
      { action: 'drop' },
      'operation.action must be one of revoke, restore, limit, list, get, create-key, rotate-key, list-keys, list-circuits, get-circuit, open-circuit, close-circuit, release-circuit, got "drop"',
    ],
    [{ action: 'get' }, 'operation.id must be a string, got undefined'],
    [{ ...REVOKE, id: 'plan:pro' }, 'only token, sub, tenant, key can be revoked, got "plan:pro": give it a limit'],
    [{ ...REVOKE, id: 'ip:192.0.2.1' }, 'only token, sub, tenant, key can be revoked'],
    [{ ...REVOKE, reason: undefined }, 'a revocation must have a reason, got none'],
    [{ ...REVOKE, reason: '  ' }, 'a revocation must have a reason, got none'],
    [{ ...REVOKE, reason: 'x'.repeat(257) }, 'the reason must have at most 256 characters, got 257: name the ticket'],
    [{ ...REVOKE, reason: 'a\nb' }, 'the reason must be well-formed Unicode without control characters'],
    [{ ...REVOKE, reason: `see ${TOKEN}` }, 'an operation must not hold a token or an API key, got one'],
    [{ action: TOKEN }, 'an operation must not hold a token or an API key, got one: name a token by its jti claim'],
    [undefined, 'operation must be an object, got undefined'],
    [{ ...REVOKE, forMs: 999 }, 'forMs must be a whole number of ms from 1 s to 3650 days, got 999'],
    [{ ...REVOKE, forMs: 1e15 }, 'forMs must be a whole number'],
    [{ ...REVOKE, forMs: '1h' }, 'forMs must be a whole number of ms from 1 s to 3650 days, got "1h"'],
    [
      { ...REVOKE, forMs: { toString: 1, valueOf: 1 } },
      'forMs must be a whole number of ms from 1 s to 3650 days, got an',
    ],
    [{ ...REVOKE, forMs: [1000] }, 'forMs must be a whole number of ms from 1 s to 3650 days, got an array'],
    [{ ...REVOKE, forMs: '\u009b2J\u202e' }, 'got "\\u{9b}2J\\u{202e}": leave it out'],
    [
      { ...REVOKE, for: '1h' },
      'the fields of this operation must be of action, id, forMs, reason, got "for": leave it out, or give it the name',
    ],
    [{ ...REVOKE, '\u009b': 1 }, 'got "\\u{9b}"'],
    [JSON.parse('{"action":"list","__proto__":1}'), 'must be of action, kind, after, got "__proto__"'],
    [{ action: 'get', id: 'sub:alice', more: true }, 'must be of action, id, got "more"'],
    [{ action: 'list', kind: '\u009b' }, 'got "\\u{9b}"'],
    [{ ...LIMIT, id: 'token:t1' }, 'a token has no limits of its own, got "token:t1": set those of its subject'],
    [
      { ...LIMIT, id: 'ip:2001:db8:0:1::/64' },
      'an address must be one without a prefix length, got "ip:2001:db8:0:1::/64": write ip:192.0.2.1',
    ],
    [{ ...LIMIT, id: 'ip:192.0.2.0/24' }, 'an address must be one without a prefix length'],
    [{ action: 'get', id: 'ip:2001:db8::/64' }, 'an address must be one without a prefix length'],
    [
      { action: 'restore', id: 'ip:banana' },
      'an address must be one of IPv4 without leading zeros, or of IPv6, got "ip:banana": write one like ip:192.0.2.1',
    ],
    [{ ...LIMIT, id: 'ip:010.0.0.1' }, 'an address must be one of IPv4 without leading zeros'],
    [{ ...LIMIT, id: 'ip: 10.0.0.1' }, 'an address must be one of IPv4 without leading zeros'],
    [{ ...LIMIT, value: '5' }, 'a limit must be a whole number from 1 to 10000000, got "5"'],
    [{ ...LIMIT, ratePerS: { toString: 1, valueOf: 1 } }, 'units a second, got an object: leave it out'],
    [{ ...LIMIT, value: 0 }, 'a limit must be a whole number from 1 to 10000000, got 0: revoke a subject'],
    [{ ...LIMIT, value: 10_000_001 }, 'a limit must be a whole number'],
    [{ ...LIMIT, value: 1.5 }, 'a limit must be a whole number'],
    [{ ...LIMIT, value: undefined }, 'a limit must be a whole number from 1 to 10000000, got undefined'],
    [{ ...LIMIT, ratePerS: 0 }, 'the rate of a bucket must be from one unit in 31 days to 10000 units a second, got 0'],
    [{ ...LIMIT, ratePerS: 10_001 }, 'the rate of a bucket must be from one unit in 31 days to 10000 units a second'],
    [{ ...LIMIT, limit: 'Client' }, 'the name of a limit must be lower-case letters, digits and hyphens'],
    [{ ...LIMIT, limit: '__proto__' }, 'the name of a limit must be'],
    [{ ...LIMIT, limit: 'a/b/c' }, 'the name of a limit must be'],
    [{ action: 'list', kind: 'user' }, 'operation.kind must be one of token, sub, tenant, key, ip, plan, got "user"'],
    [{ ...REVOKE, id: 'key:k1' }, 'the id of a key must be its 12 letters and digits after tgk_, got "k1": list the'],
    [{ ...LIMIT, id: 'key:k1' }, 'the id of a key must be its 12 letters and digits'],
    [{ ...REVOKE, id: `key:${API_KEY}` }, 'an operation must not hold a token or an API key, got one'],
    [{ ...CREATE, owner: undefined }, 'the owner of a key must be a text of 1 to 256 characters, got "": write who'],
    [{ ...CREATE, owner: ' ' }, 'the owner of a key must be a text of 1 to 256 characters, got " "'],
    [{ ...CREATE, owner: 'o'.repeat(257) }, 'the owner of a key must be a text of 1 to 256 characters'],
    [{ ...CREATE, owner: 'a\nb' }, 'the owner of a key must be well-formed Unicode without control characters, got "a'],
    [{ ...CREATE, owner: API_KEY }, 'an operation must not hold a token or an API key'],
    [{ ...CREATE, owner: 5 }, 'operation.owner must be a string, got 5'],
    [{ ...CREATE, plan: 'a\tb' }, 'the plan of a key must be one that a rule can name, of at most 256 characters, got'],
    [{ ...CREATE, tenant: 't'.repeat(257) }, 'the tenant of a key must be one that a rule can name'],
    [{ ...CREATE, scopes: 'a b' }, 'operation.scopes must be an array, got "a b"'],
    [{ ...CREATE, scopes: ['a b'] }, 'each of the scopes of a key must be one word of ASCII'],
    [{ ...CREATE, scopes: [''] }, 'got "": list them one by one'],
    [{ ...CREATE, roles: ['"'] }, 'each of the roles of a key must be one word of ASCII'],
    [{ ...CREATE, roles: words(51, 2) }, 'the roles of a key must be at most 50, of 1024 characters together, got 51'],
    [{ ...CREATE, scopes: words(50, 20) }, 'got 50 of 1049: give it fewer'],
    [
      { ...CREATE, forMs: null },
      'forMs must be a whole number of ms from 1 s to 3650 days, since every key ends, got null',
    ],
    [{ ...CREATE, forMs: 3650 * DAY_MS + 1 }, 'leave it out for 365 d'],
    [{ ...CREATE, forMs: 999 }, 'forMs must be a whole number of ms from 1 s'],
    [{ ...CREATE, secret: 'mine' }, 'must be of action, owner, plan, tenant, scopes, roles, forMs, got "secret"'],
    [{ action: 'rotate-key', id: 'k1' }, 'the id of a key must be its 12 letters and digits after tgk_, got "k1"'],
    [{ action: 'rotate-key', id: KEY_ID, overlapMs: -1 }, 'overlapMs must be a whole number of ms from 0 to 30 days'],
    [{ action: 'rotate-key', id: KEY_ID, overlapMs: 30 * DAY_MS + 1 }, 'leave it out for 1 d'],
    [{ action: 'list-keys', after: '' }, 'after must be what the page before gave as next, got ""'],
    [{ action: 'list', after: '' }, 'after must be what the page before gave as next, got ""'],
  ])('%j is refused with the value and the rule', (event, message) => {
    expect(() => decodeOperation(event)).toThrow(
      expect.objectContaining({ code: 'invalid_operation', message: expect.stringContaining(message) }),
    );
  });
});

describe('a message', () => {
  const FIELDS = ['forMs', 'value', 'ratePerS', 'reason', 'id', 'limit', 'action'];
  it.each([...FIELDS.map((field) => [field, field]), ['a field of another name', 'x'.repeat(20_000)]])(
    'is short and fit for a terminal, whatever %s is',
    (_, field = '') => {
      const changes = { [field]: '\u0000\u009b'.repeat(9000) };
      const decode = () => decodeOperation({ action: 'limit', id: 'sub:alice', limit: 'client', value: 5, ...changes });
      expect(decode).toThrow(/^(?:[^\p{C}\p{Z}]| ){1,1000}$/u);
      expect(decode).toThrow(expect.objectContaining({ code: 'invalid_operation' }));
    },
  );
});

describe('an event', () => {
  it('may be nested as deep as JSON can be', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}"${TOKEN}"${']'.repeat(50_000)}`);
    expect(() => decodeOperation({ action: 'get', id: 'sub:alice', deep })).toThrow('must not hold a token');
  });

  it.each([
    { reason: `\n${TOKEN}` },
    { reason: API_KEY },
    { [`x${API_KEY}`]: 1 },
    { id: `token:id_${TOKEN}` },
    { [TOKEN]: 1 },
    { id: [{ [`a${TOKEN}`]: 1 }] },
  ])('that holds a token is refused, wherever it is: %j', (changes) => {
    expect(() => decodeOperation({ action: 'revoke', id: 'sub:a', reason: 'x', ...changes })).toThrow(
      'must not hold a token or an API key, got one',
    );
  });
});

describe('a result', () => {
  const key = {
    id: KEY_ID,
    prefix: `tgk_${KEY_ID}_`,
    owner: 'billing',
    plan: '',
    tenant: '',
    scopes: ['a'],
    roles: [],
    createdAtMs: 1,
    rotatedAtMs: 2,
    expiresAtMs: 3,
    lastUsedAtMs: 0,
    revokedUntilMs: null,
    formerUntilMs: 4,
  };
  const rule = { id: 'sub:alice', version: 5, revocation: { untilMs: 0, reason: '' }, limits: {}, reason: 'left' };

  it.each([
    [{ ok: true, rule, changed: true, pushed: false, note: 'stored' }],
    [{ ok: true, rules: [rule], next: null }],
    [{ ok: true, key, secret: 'tgk_', note: null }],
    [{ ok: true, keys: [key], next: KEY_ID }],
    [{ ok: false, error: { code: 'conflict', message: 'x' } }],
  ])('is read as it was written: %j', (result) => {
    expect(decodeOperationResult(JSON.parse(JSON.stringify(result)))).toEqual(result);
  });

  it.each([[null], [{}], [{ ok: true }], [{ ok: false, error: 'x' }]])('%j is none', (value) => {
    expect(() => decodeOperationResult(value)).toThrow(expect.objectContaining({ code: 'decode_failed' }));
  });
});
