import { describe, expect, it } from 'vitest';
import { DEFAULT_IDENTITY_HEADERS } from '../../../../lambdas/contract/auth/identity-headers.ts';
import type { ServiceProps } from '../../../../lib/gateway/service-props.ts';
import { decodeServicePolicy } from '../../../support/documents.ts';
import { proxyDocument } from '../../support/documents.ts';
import { refusalOf, serviceProps, testGateway } from '../../support/stacks.ts';

function policyWith(keepHeaders: readonly string[], gateway: Parameters<typeof testGateway>[0] = {}) {
  const test = testGateway(gateway);
  test.gateway.addService('users', { ...serviceProps(), keepHeaders });
  return proxyDocument(test.stack, 'users');
}

describe('keepHeaders', () => {
  it('reach the proxy function in lower case, each once', () => {
    const policy = policyWith(['CF-Connecting-IP', 'cf-connecting-ip', 'X-Envoy-External-Address', 'X-Forwarded-Port']);
    expect(decodeServicePolicy(policy).keepHeaders).toEqual([
      'cf-connecting-ip',
      'x-envoy-external-address',
      'x-forwarded-port',
    ]);
  });

  it('are none where none are given', () => {
    expect(decodeServicePolicy(policyWith([])).keepHeaders).toEqual([]);
  });

  it.each([
    'X-Custom',
    'Accept',
    '',
    'x-envoy-*',
    'x-envoy-',
    'CF_Connecting_IP',
    ' client-ip',
    'Connection',
    'Transfer-Encoding',
    'Proxy-Authorization',
    'Host',
    'Cookie',
    'Authorization',
    'X-Request-Id',
    'traceparent',
    'x-request-deadline-ms',
  ])('cannot be %j, which is not on the list', (name) => {
    expect(refusalOf(() => policyWith([name]))).toContain(
      `service users: keepHeaders must be whole names from the list “Headers that do not go on” in docs/props.md, got ${JSON.stringify(name)}: no other header can be kept; write one like 'CF-Connecting-IP', or leave it out`,
    );
  });

  it.each(['X-Forwarded-For', 'x-forwarded-proto', 'X-Forwarded-Host', 'X-Forwarded-Prefix'])(
    'cannot be %s, which the gateway writes',
    (name) => {
      expect(refusalOf(() => policyWith([name]))).toContain(
        `keepHeaders must be headers that a proxy before the gateway sets, got ${JSON.stringify(name)}: the gateway writes it anew; leave it out`,
      );
    },
  );

  it('cannot be a name by which the gateway tells who calls, the usual or its own', () => {
    for (const name of Object.keys(DEFAULT_IDENTITY_HEADERS)) {
      expect(refusalOf(() => policyWith([name]))).toContain('the gateway writes it anew');
    }
    const identityHeaders = { 'x-webauth-user': 'sub' } as const;
    expect(refusalOf(() => policyWith(['X-WEBAUTH-USER'], { identityHeaders }))).toContain(
      'the gateway writes it anew',
    );
    expect(decodeServicePolicy(policyWith(['X-WEBAUTH-USER'])).keepHeaders).toEqual(['x-webauth-user']);
  });

  it('are an array of texts', () => {
    const props = { ...serviceProps(), keepHeaders: 'CF-Connecting-IP' } as unknown as ServiceProps;
    expect(refusalOf(() => testGateway().gateway.addService('users', props))).toContain(
      `keepHeaders must be an array of strings, got "CF-Connecting-IP": write one like ['CF-Connecting-IP']`,
    );
  });
});
