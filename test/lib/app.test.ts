import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { afterAll, describe, expect, it } from 'vitest';
import { addStacks, createApp } from '../../lib/app.ts';
import { environmentOf } from '../../lib/environments.ts';
import type { FoundationStack } from '../../lib/foundation-stack.ts';
import { CONTEXT, testApp } from './support/stacks.ts';
import { createVariants } from './support/variants.ts';

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

  it('may have every choice that there is, and cdk-nag finds nothing', () => {
    const { stacks } = createVariants({ outdir: join(outdir, 'variants'), context: { ...CONTEXT } }).synth();
    expect(stacks.map(({ stackName }) => stackName).sort()).toEqual([
      'Circuits-Foundation',
      'Circuits-Gateway',
      'Ipv6-Foundation',
      'Ipv6-Gateway',
      'Keys-Foundation',
      'Keys-Gateway',
      'Nat-Foundation',
      'Nat-Gateway',
      'Own-Foundation',
      'Own-Gateway',
      'Uncached-Gateway',
    ]);
    for (const stack of stacks) expect(stack.messages.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('stands on the foundation that its environment asks for', () => {
    const app = testApp();
    addStacks(app, {
      ...environmentOf('dev'),
      foundation: { egress: 'nat', cacheKind: 'node', cacheEngine: 'redis', privateZones: ['corp.example.com'] },
    });
    const foundation = app.node.findChild('Tollgate-dev-Foundation') as FoundationStack;
    expect(foundation).toMatchObject({ egress: 'nat', privateZones: ['corp.example.com'] });
    expect(foundation.cache).toMatchObject({ kind: 'node', engine: 'redis' });
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
