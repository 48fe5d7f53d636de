import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties: object;
}

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
      'Circuits-Keys',
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

  it('leaves nothing, after a first deployment that was rolled back, that a retry trips over', () => {
    const app = createVariants({ outdir: join(outdir, 'kept'), context: { ...CONTEXT } });
    const { directory } = app.synth();
    const keptIn = (kind: RegExp) =>
      globSync('*.template.json', { cwd: directory })
        .filter((file) => kind.test(file))
        .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')))
        .flatMap(({ Resources }) => Object.values(Resources as Record<string, Resource>))
        // The keys are the app's own, not the foundation's.
        .filter(({ DeletionPolicy, Type }) => DeletionPolicy?.startsWith('Retain') && Type !== 'AWS::KMS::Key');
    const kept = keptIn(/./);
    expect(kept.length).toBeGreaterThan(60);
    for (const { Type, Properties, DeletionPolicy } of kept) {
      // A protected table cannot be deleted, so it stays: under a name that nothing else takes.
      if (Type === 'AWS::DynamoDB::Table') expect(Properties).not.toHaveProperty('TableName');
      else expect(DeletionPolicy, Type).toBe('RetainExceptOnCreate');
    }
    // Where a gateway is rolled back, a service's stack that was complete is deleted: what it keeps may stay then.
    const ofServices = keptIn(/\.nested\./);
    expect(ofServices.length).toBeGreaterThan(5);
    for (const { Type, Properties } of ofServices) {
      expect(Type).toBe('AWS::Logs::LogGroup');
      expect(Properties).not.toHaveProperty('LogGroupName');
    }
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
