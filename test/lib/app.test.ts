import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { afterAll, describe, expect, it } from 'vitest';
import { createApp } from '../../lib/app.ts';
import { FoundationStack } from '../../lib/foundation-stack.ts';
import { Gateway } from '../../lib/gateway/gateway.ts';
import { CONTEXT, JWT, serviceProps } from './support/stacks.ts';

const outdir = mkdtempSync(join(tmpdir(), 'tollgate-app-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const appOf = (env: string): App => createApp({ outdir: join(outdir, env), context: { ...CONTEXT, env } });

describe('the app', () => {
  it.each(['dev', 'prod'])('has a foundation and a gateway for %s, and cdk-nag finds nothing', (env) => {
    const assembly = appOf(env).synth();
    expect(assembly.stacks.map(({ stackName }) => stackName).sort()).toEqual([
      `Tollgate-${env}-Foundation`,
      `Tollgate-${env}-Gateway`,
    ]);
    for (const stack of assembly.stacks) {
      expect(stack.messages.filter(({ level }) => level !== 'info')).toEqual([]);
    }
  });

  it('needs no account and no region', () => {
    for (const { environment } of appOf('dev').synth().stacks) {
      expect(environment).toMatchObject({ account: 'unknown-account', region: 'unknown-region' });
    }
  });

  it.each([
    { egress: 'nat', cacheKind: 'node' },
    { egress: 'ipv6', cacheEngine: 'redis' },
  ] as const)('may have another foundation, and cdk-nag finds nothing: %j', (props) => {
    const app = appOf('dev');
    const foundation = new FoundationStack(app, 'Other', props);
    const gateway = new Gateway(new Stack(app, 'Edge'), 'Gateway', { foundation, jwt: JWT });
    gateway.addService('users', serviceProps());
    expect(() => app.synth()).not.toThrow();
  });

  it('does not synthesize when cdk-nag finds something', () => {
    const app = appOf('dev');
    const role = new Role(new Stack(app, 'Careless'), 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
    expect(() => app.synth()).toThrow(/AwsSolutions-IAM5\[Action::s3:\*\]/);
  });
});
