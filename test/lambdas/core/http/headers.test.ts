import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuthPolicy, acceptance } from '../../../../lambdas/contract/auth/auth-policy.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { REBUILT_HEADERS, UNTRUSTED_HEADERS } from '../../../../lambdas/contract/untrusted-headers.ts';
import {
  forwardedRequestHeaders,
  type Headers,
  returnedResponseHeaders,
  withheldHeaders,
} from '../../../../lambdas/core/http/headers.ts';
import { servicePolicy } from '../../../support/policy.ts';

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const GATEWAYS_OWN = [
  'x-user-id',
  'x-user-email',
  'x-user-roles',
  'x-user-scopes',
  'x-client-id',
  'x-request-id',
  'x-request-deadline-ms',
  'traceparent',
  'tracestate',
];
const OF_THE_CONNECTION = ['host', 'content-length', 'expect', 'cookie'];
const KEYS: AuthPolicy = {
  type: 'required',
  accepts: [acceptance('jwt'), acceptance('apiKey', { header: 'x-api-key' })],
};

/** Every name of the list; of those that stand for many, one. */
const UNTRUSTED = UNTRUSTED_HEADERS.flatMap(({ names }) => names.map((name) => name.replace('*', 'x')));
/** What an upstream was found to be sent before there was the list. */
const FOUND = [
  'Proxy',
  'Client-Ip',
  'True-Client-Ip',
  'CF-Connecting-IP',
  'X-Real-Ip',
  'X-Original-URL',
  'X-Original-Host',
  'X-Original-Forwarded-For',
  'X-Rewrite-URL',
  'X-Rewrite-Path',
  'X-Forwarded-User',
  'X-Forwarded-Uri',
  'X-Forwarded-Path',
  'X-Forwarded-Method',
  'X-Forwarded-Ssl',
  'X-Forwarded-Port',
  'X-Envoy-External-Address',
  'X-Envoy-Original-Path',
  'X-Remote-User',
  'Remote-User',
  'X-Goog-Authenticated-User-Email',
  'X-Amzn-Oidc-Identity',
  'X-Ms-Client-Principal',
];
/** Near to names of the list, and of no danger. */
const HARMLESS = [
  'accept',
  'cf-ray',
  'client-hints',
  'content-type',
  'origin',
  'proxying',
  'user-agent',
  'x-amz-date',
  'x-amzn-trace-id',
  'x-api-version',
  'x-auth-token',
  'x-client-version',
  'x-csrf-token',
  'x-requested-with',
];

function forwarded(headers: Headers, changes: Partial<ServicePolicy> = {}): string[] {
  return Object.keys(forwardedRequestHeaders(headers, withheldHeaders(servicePolicy(changes))));
}

/** `name` in any case, and with any other character that a field name may hold (RFC 9110 §5.6.2) for its dashes. */
function spellingsOf(name: string): fc.Arbitrary<string> {
  const characters = [...name].map((character) =>
    character === '-' ? fc.constantFrom(...'-_.!#$%&*+^`|~') : fc.constantFrom(character, character.toUpperCase()),
  );
  return fc.tuple(...characters).map((spelled) => spelled.join(''));
}

describe('a request', () => {
  it('goes on with its own fields as they were', () => {
    const headers = {
      accept: 'a, b',
      'content-type': 'application/json',
      'x-custom_field': 'x',
      'if-none-match': '"e"',
      'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793',
    };
    expect(forwardedRequestHeaders(headers, withheldHeaders(servicePolicy()))).toEqual(headers);
  });

  it('takes an API key along in no field, unless its upstream is to be shown credentials', () => {
    const headers = { 'x-key': 'tgk_4fzN9qXw2LbC_x', X_Api_Key: 'tgk_4fzN9qXw2LbC_x', accept: 'a' };
    expect(forwarded(headers)).toEqual(['accept']);
    expect(forwarded(headers, { forwardAuthorization: true })).toEqual(Object.keys(headers));
  });

  it.each([...HOP_BY_HOP, ...GATEWAYS_OWN, ...OF_THE_CONNECTION, ...REBUILT_HEADERS, ...UNTRUSTED])(
    'goes on without %s, however it is spelled',
    (name) => {
      fc.assert(
        fc.property(spellingsOf(name), (spelling) => {
          expect(forwarded({ [spelling]: 'root', accept: '*/*' })).toEqual(['accept']);
        }),
      );
    },
  );

  it.each(FOUND)('goes on without %s', (name) => {
    expect(forwarded({ [name.toLowerCase()]: 'root', accept: '*/*' })).toEqual(['accept']);
  });

  it('goes on with what only looks like one of those', () => {
    expect(forwarded(Object.fromEntries(HARMLESS.map((name) => [name, 'x'])))).toEqual(HARMLESS);
  });

  it('keeps what its service names, in that spelling alone: an upstream may take another for the same', () => {
    const keepHeaders = ['cf-connecting-ip', 'x-envoy-external-address'];
    const headers = {
      'cf-connecting-ip': '192.0.2.1',
      cf_connecting_ip: '127.0.0.1',
      'x-envoy-external-address': '192.0.2.1',
      'x-envoy-original-path': '/admin',
      'client-ip': '127.0.0.1',
    };
    expect(forwarded(headers, { keepHeaders })).toEqual(keepHeaders);
  });

  it.each([...HOP_BY_HOP, ...GATEWAYS_OWN, ...REBUILT_HEADERS, 'authorization'])(
    'goes on without %s although its service keeps it',
    (name) => {
      expect(forwarded({ [name]: 'root', 'x-end': '1' }, { keepHeaders: [name] })).toEqual(['x-end']);
    },
  );

  it('goes on without what its Connection names although its service keeps it', () => {
    const headers = { connection: 'cf-connecting-ip', 'cf-connecting-ip': '192.0.2.1', 'x-end': '1' };
    expect(forwarded(headers, { keepHeaders: ['cf-connecting-ip'] })).toEqual(['x-end']);
  });

  it('goes on without what its Connection names', () => {
    const connection = 'close, X-Hop , x_other,,accept';
    expect(forwarded({ connection, 'x-hop': '1', 'x-other': '1', accept: '*/*', 'x-end': '1' })).toEqual(['x-end']);
  });

  it('is not led by a hostile Connection to spend more than a few milliseconds', () => {
    const startedAtMs = performance.now();
    forwarded({ connection: ','.repeat(1_000_000) });
    forwarded({ connection: 'a'.repeat(1_000_000) });
    expect(performance.now() - startedAtMs).toBeLessThan(200);
  });

  it.each([
    [false, []],
    [true, ['authorization']],
  ])('with forwardAuthorization %j goes on with %j', (forwardAuthorization, names) => {
    expect(forwarded({ authorization: 'Bearer x' }, { forwardAuthorization })).toEqual(names);
  });

  it('keeps proxy-authorization to itself even where authorization is forwarded', () => {
    expect(forwarded({ 'proxy-authorization': 'Basic x' }, { forwardAuthorization: true })).toEqual([]);
  });

  it('goes on without the names by which this gateway tells who calls, however they are spelled', () => {
    const identityHeaders = { 'x-account-id': 'sub', 'x-org': '/org/name' } as const;
    fc.assert(
      fc.property(spellingsOf('x-account-id'), spellingsOf('x-org'), (account, org) => {
        const headers = { [account]: 'root', [org]: 'root', accept: '*/*' };
        expect(forwarded(headers, { identityHeaders, forwardAuthorization: true })).toEqual(['accept']);
      }),
    );
    expect(forwarded({ 'x-account-id': '7', 'x-user-id': 'root' })).toEqual(['x-account-id']);
  });

  it('goes on without the usual names of identity, by whichever others the gateway tells it', () => {
    const identityHeaders = { 'x-account-id': 'sub' } as const;
    expect(forwarded({ 'x-user-id': 'root', 'x-client-id': 'root', accept: '*/*' }, { identityHeaders })).toEqual([
      'accept',
    ]);
  });

  it.each<[string, Partial<ServicePolicy>]>([
    ['the service', { default: { auth: KEYS, limits: null, cost: 1 } }],
    ['one of its routes', { routes: { 'GET /api/users/export': { auth: KEYS, limits: null, cost: 1 } } }],
  ])('goes on without the header in which %s takes API keys, unless it asks for it', (_, changes) => {
    fc.assert(
      fc.property(spellingsOf('x-api-key'), (name) => {
        expect(forwarded({ [name]: 'tgk_x', authorization: 'Bearer x' }, changes)).toEqual([]);
      }),
    );
    const asked = { ...changes, forwardAuthorization: true };
    expect(forwarded({ 'x-api-key': 'tgk_x', authorization: 'Bearer x' }, asked)).toEqual([
      'x-api-key',
      'authorization',
    ]);
  });

  it('goes on with a header that is no credential here', () => {
    expect(forwarded({ 'x-api-key': 'the upstream’s own' })).toEqual(['x-api-key']);
  });

  it.each(['__proto__', 'constructor', 'toString'])('may hold a field named %s', (name) => {
    const headers = JSON.parse(`{"${name}": "x", "accept": "*/*"}`);
    const result = forwardedRequestHeaders(headers, withheldHeaders(servicePolicy()));
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(result['accept']).toBe('*/*');
  });
});

describe('a response', () => {
  it('goes back with its own fields as they were', () => {
    const headers = {
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
      vary: 'a, b',
      etag: '"x"',
      location: '/x',
    };
    expect(returnedResponseHeaders(headers)).toEqual(headers);
  });

  it.each([...HOP_BY_HOP, 'content-length', 'set-cookie', 'x-fallback', 'x-authenticate-challenge'])(
    'goes back without %s',
    (name) => {
      expect(returnedResponseHeaders({ [name]: 'x', etag: 'x' })).toEqual({ etag: 'x' });
    },
  );

  it('goes back without what its Connection names', () => {
    const headers = { connection: 'close, X-Internal, x_debug', 'x-internal': '1', x_debug: '1', etag: 'x' };
    expect(returnedResponseHeaders(headers)).toEqual({ etag: 'x' });
  });
});
