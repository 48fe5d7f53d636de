import { describe, expect, it } from 'vitest';
import type { ClaimTest } from '../../../lambdas/contract/auth/claim-test.ts';
import { timingOf } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { DOCUMENT_VERSION, DOCUMENTS, type DocumentName, type Documents } from '../../../lambdas/contract/documents.ts';
import { issuerConfig } from '../../support/auth/authorizer.ts';
import {
  decodeAuthorizerConfig,
  decodeCircuitsConfig,
  decodeOperatorConfig,
  decodeServicePolicy,
  documentJson,
} from '../../support/documents.ts';
import { bucketLimit, circuitPolicy, concurrencyLimit, servicePolicy, windowLimit } from '../../support/policy.ts';

const claim: ClaimTest = { claim: '/a', op: 'equals', value: 1 };
const accepted = {
  kind: 'jwt',
  header: null,
  scopes: ['a'],
  anyScope: [],
  roles: [],
  anyRole: [],
  claims: [claim],
} as const;
const auth = { type: 'required', accepts: [accepted] } as const;
const circuit = circuitPolicy({
  slow: { overMs: 100, share: 0.5 },
  fallback: { status: 200, contentType: 'text/plain', body: '' },
});

/** With a value in each field, so that a path leads to each field of the schema. */
const WHOLE: Documents = {
  service: servicePolicy({
    badCredentials: windowLimit(30, 60_000, { by: 'ip' }),
    circuit,
    retry: { attempts: 1, budgetShare: 0.1 },
    gatewayLimits: [bucketLimit(1, 5), concurrencyLimit(3)],
    default: { auth, limits: [windowLimit(1, 1000)], cost: 1 },
    routes: { 'POST /x': { auth: { ...auth, type: 'optional' }, limits: null, cost: 1 } },
  }),
  authorizer: {
    gateway: 'shop',
    rejections: 'explained',
    issuers: [issuerConfig({ requires: [{ claim: '/a', op: 'oneOf', value: ['x'] }] })],
    claims: [],
    policies: [auth],
    services: { '/api/users': 0 },
    routes: {},
  },
  circuits: { gateway: 'shop', namespace: 'Tollgate', services: { users: { ...timingOf(circuit), shadow: true } } },
  operator: { gateway: 'shop' },
};
const DECODE: Readonly<Record<DocumentName, (json: string) => unknown>> = {
  service: decodeServicePolicy,
  authorizer: decodeAuthorizerConfig,
  circuits: decodeCircuitsConfig,
  operator: decodeOperatorConfig,
};
/** Objects that the schema describes as records: their entries come and go. */
const RECORDS = ['identityHeaders', 'plans', 'routes', 'services'];

/** The value without one of its fields, for each field at any depth, by the name of the field. */
function* withoutOneField(value: unknown, parent = ''): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const { [key]: _, ...others } = value as Record<string, unknown>;
    if (!Array.isArray(value) && !RECORDS.includes(parent)) yield [key, others];
    for (const [name, damaged] of withoutOneField(inner, key)) {
      yield [name, Array.isArray(value) ? value.with(Number(key), damaged) : { ...value, [key]: damaged }];
    }
  }
}

describe.each(DOCUMENTS)('the document %s', (name) => {
  const decode = DECODE[name];

  it('is read whole', () => {
    expect(decode(documentJson(WHOLE[name]))).toEqual(WHOLE[name]);
  });

  it('is refused without any one of its fields: a missing requirement never means that there is none', () => {
    const damaged = [...withoutOneField(JSON.parse(JSON.stringify(WHOLE[name])))];
    expect(damaged.length).toBeGreaterThan(0);
    for (const [field, value] of damaged) {
      expect(() => decode(documentJson(value as object)), `without ${field}`).toThrow(DecodeError);
    }
  });

  it.each([undefined, 0, DOCUMENT_VERSION + 1, String(DOCUMENT_VERSION), null])(
    'is refused with version %j',
    (version) => {
      const json = documentJson({ ...WHOLE[name], version });
      expect(() => decode(json)).toThrow(
        `${name}.version must be ${DOCUMENT_VERSION}, as the function's code is, got ${JSON.stringify(version)}`,
      );
    },
  );

  it.each([
    ['no JSON', '{"version":', `${name} must be JSON, got "{\\"version\\":"`],
    ['cut', documentJson(WHOLE[name]).slice(0, -1), `${name} must be JSON, got "`],
    ['empty', '', `${name} must be JSON, got ""`],
    ['a list', '[]', `${name} must be an object, got an array`],
  ])('is refused as %s, in one line that shows at most 40 characters of it', (_, json, message) => {
    const refused = () => decode(json);
    expect(refused).toThrow(message);
    expect(refused).toThrow(/^.{1,100}$/);
  });
});
