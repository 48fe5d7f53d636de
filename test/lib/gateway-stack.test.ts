import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { acceptance } from '../../lambdas/contract/auth/auth-policy.ts';
import { environmentOf } from '../../lib/environments.ts';
import { FoundationStack } from '../../lib/foundation-stack.ts';
import { GatewayStack } from '../../lib/gateway-stack.ts';
import { decodeServicePolicy } from '../support/documents.ts';
import { windowLimit } from '../support/policy.ts';
import { proxyDocument } from './support/documents.ts';
import { routes, testApp } from './support/stacks.ts';
import { wholeTemplate } from './support/whole-template.ts';

describe('the stack that a user edits', () => {
  let stack: GatewayStack;
  let template: Template;
  beforeAll(() => {
    const app = testApp();
    const foundation = new FoundationStack(app, 'Foundation');
    stack = new GatewayStack(app, 'Tollgate-dev-Gateway', { foundation, environment: environmentOf('dev') });
    template = wholeTemplate(stack);
  });

  it.each([
    ['users', '/api/users', 'http://user-service:3001', 5000, 'required', 100],
    ['orders', '/api/orders', 'http://order-service:3002', 10_000, 'required', 100],
    ['products', '/api/products', 'http://product-service:3003', 5000, 'none', 100],
    ['payments', '/api/payments', 'http://payment-service:3004', 15_000, 'required', 20],
  ] as const)('puts %s behind the gateway', (service, prefix, upstream, timeoutMs, type, limit) => {
    const policy = decodeServicePolicy(proxyDocument(stack, service));
    expect(policy).toMatchObject({
      gateway: 'Tollgate-dev-Gateway',
      namespace: 'Tollgate/dev',
      prefix,
      upstream,
      timeoutMs,
      default: { auth: { type }, limits: [windowLimit(limit, 60_000)] },
    });
  });

  it('limits refunds and asks for their scope', () => {
    const { routes: own } = decodeServicePolicy(proxyDocument(stack, 'payments'));
    expect(own).toEqual({
      'POST /api/payments/refunds': {
        auth: { type: 'required', accepts: [acceptance('jwt', { scopes: ['payments:refund'] })] },
        limits: [windowLimit(5, 60_000)],
        cost: 1,
      },
    });
    expect(routes(template)['POST /api/payments/refunds']?.authorized).toBe(true);
  });
});
