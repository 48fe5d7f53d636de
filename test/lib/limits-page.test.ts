import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../bin/ops/command.ts';
import type { ServicePolicy } from '../../lambdas/contract/policy.ts';
import { SlidingWindow } from '../../lambdas/core/limits/kinds/sliding-window.ts';
import { limitsOf } from '../../lambdas/core/limits/limits.ts';
import { rateLimitHeaders } from '../../lambdas/core/limits/rate-limit-headers.ts';
import { Auth } from '../../lib/gateway/auth/auth.ts';
import { Gateway } from '../../lib/gateway/gateway.ts';
import { RateLimit } from '../../lib/gateway/limits/rate-limit.ts';
import { decodeServicePolicy } from '../support/documents.ts';
import { windowLimit } from '../support/policy.ts';
import { proxyDocument } from './support/documents.ts';
import { JWT, serviceProps, testFoundation } from './support/stacks.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/limits.md'), 'utf8');

/** The policies of the service in the page's example, with what it leaves out. */
function exampleService(): ServicePolicy {
  const code = /^```ts\n(.*?)^```$/ms.exec(PAGE)?.[1] ?? '';
  const complete = ['gatewayProps', 'serviceProps'].reduce((text, props) => text.replace('// …', `...${props},`), code);
  const foundation = testFoundation();
  const stack = new Stack(foundation.node.root, 'Edge');
  const given = {
    Gateway,
    Auth,
    RateLimit,
    Duration,
    gatewayProps: { foundation, jwt: JWT },
    serviceProps: serviceProps(),
  };
  compileFunction(complete, Object.keys(given)).apply(stack, Object.values(given));
  return decodeServicePolicy(proxyDocument(stack, 'users'));
}

function commands(): readonly string[] {
  return [...PAGE.matchAll(/^ {4}npx tsx bin\/ops\.ts (.*)$/gm)].map(([, line = '']) => line);
}

/** As a shell would split it. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe('docs/limits.md', () => {
  it('has an example whose limits are called and stand as it says', () => {
    const service = exampleService();
    const names = (key: string) => limitsOf(service, key).map(({ policy }) => policy.name);
    expect(names('ANY /api/users')).toEqual(['plan', 'ip', 'service', 'gateway']);
    expect(names('POST /api/users/reports')).toEqual(names('ANY /api/users'));
    expect(names('POST /api/users/login')).toEqual(['ip', 'plan', 'service', 'gateway']);
    expect(service.routes).toMatchObject({
      'POST /api/users/reports': { cost: 5 },
      'POST /api/users/login': { auth: { type: 'none' }, limits: [{ limit: 5, onStoreFailure: 'closed' }] },
    });
  });

  it('shows the fields of the first answer under a limit of 100 a minute', () => {
    const policy = windowLimit(100, 60_000);
    const decision = {
      policy,
      limit: policy.limit,
      counted: 'together' as const,
      ...new SlidingWindow(policy).assess(0, 1),
    };
    const headers = rateLimitHeaders(decision, 0, 'Tz8Yy2mN');
    expect(PAGE).toContain(
      `    RateLimit-Policy: ${headers['ratelimit-policy']}\n    RateLimit: ${headers['ratelimit']}\n`,
    );
  });

  it('tells commands that are understood', () => {
    expect(commands()).toHaveLength(7);
    for (const line of commands()) expect(() => parseCommand(words(line)), line).not.toThrow();
  });
});
