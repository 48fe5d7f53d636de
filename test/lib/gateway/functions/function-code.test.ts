import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DocumentName, Documents } from '../../../../lambdas/contract/documents.ts';
import type { FunctionEntry } from '../../../../lib/gateway/functions/bundle.ts';
import { createFunction } from '../../../../lib/gateway/functions/node-function.ts';
import { assetOf } from '../../support/documents.ts';
import { CONTEXT } from '../../support/stacks.ts';

const { 'aws:cdk:bundling-stacks': _, ...BUNDLING } = CONTEXT;

/** An app that bundles, as on the command line. */
function bundlingApp(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'tollgate-code-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  return new App({
    outdir,
    autoSynth: false,
    context: { ...BUNDLING, 'aws:cdk:enable-asset-metadata': true },
  });
}

function addFunction(
  scope: Construct,
  description: string,
  documents?: () => Readonly<Partial<Record<DocumentName, object>>>,
  entry: FunctionEntry = 'health',
) {
  return createFunction(scope, description, {
    entry,
    description,
    environment: {},
    memorySize: 128,
    timeout: Duration.seconds(1),
    logRetention: RetentionDays.ONE_DAY,
    ...(documents && { documents: documents as () => Partial<Documents> }),
  }).fn;
}

const service = (prefix: string) => () => ({ service: { prefix } });

describe("a function's code", () => {
  it('is the bundle and the documents as they are when the app is synthesized', () => {
    const app = bundlingApp();
    const routes: string[] = [];
    addFunction(new Stack(app, 'Stack'), 'users', () => ({ service: { routes } }));
    routes.push('added later');
    const dir = assetOf(app, 'users');
    expect(readdirSync(dir).sort()).toEqual(['index.mjs', 'index.mjs.map', 'service.json']);
    expect(JSON.parse(readFileSync(join(dir, 'service.json'), 'utf8'))).toMatchObject({ routes: ['added later'] });
  });

  it('has another hash when a document changes, and the same one in another app when nothing does', () => {
    const hashOf = (prefix: string, entry: FunctionEntry) => {
      const app = bundlingApp();
      addFunction(new Stack(app, 'Stack'), 'users', service(prefix), entry);
      return assetOf(app, 'users').split('/').at(-1);
    };
    const hash = hashOf('/a', 'health');
    expect(hashOf('/a', 'health')).toBe(hash);
    expect(hashOf('/b', 'health')).not.toBe(hash);
    expect(hashOf('/a', 'widget')).not.toBe(hash);
  });

  it('may be read by Lambda, whatever the machine keeps from others', () => {
    const former = process.umask(0o077);
    onTestFinished(() => void process.umask(former));
    const app = bundlingApp();
    addFunction(new Stack(app, 'Stack'), 'users', service('/a'));
    const dir = assetOf(app, 'users');
    for (const file of readdirSync(dir)) expect([file, statSync(join(dir, file)).mode & 0o777]).toEqual([file, 0o644]);
  });

  it('takes the room of its bundle once for all functions', () => {
    const app = bundlingApp();
    const stack = new Stack(app, 'Stack');
    for (const name of ['a', 'b', 'c']) addFunction(stack, name, service(`/${name}`));
    const [a, b] = ['a', 'b'].map((name) => assetOf(app, name)) as [string, string];
    expect(a).not.toBe(b);
    expect(statSync(join(a, 'index.mjs')).ino).toBe(statSync(join(b, 'index.mjs')).ino);
  });

  it.each<[string, (app: App) => Construct]>([
    ['a nested stack', (app) => new NestedStack(new Stack(app, 'Parent'), 'Nested')],
    ['a stage', (app) => new Stack(new Stage(app, 'Stage'), 'Stack')],
    ['a nested stack of a stage', (app) => new NestedStack(new Stack(new Stage(app, 'Stage'), 'Parent'), 'Nested')],
  ])('is an asset of the deployment in %s too', (_, scopeIn) => {
    const app = bundlingApp();
    const scope = scopeIn(app);
    addFunction(scope, 'users', service('/api/users'));
    app.synth();
    const dir = assetOf(scope, 'users');
    expect(readFileSync(join(dir, 'service.json'), 'utf8')).toContain('/api/users');
    const { s3Bucket, s3Key } = Stack.of(scope).resolve(resourceOf(scope).code);
    const stack = scope instanceof NestedStack ? (scope.nestedStackParent as Stack) : Stack.of(scope);
    const outdir = Stage.of(scope)?.outdir ?? '';
    const { files } = JSON.parse(readFileSync(join(outdir, `${stack.artifactId}.assets.json`), 'utf8'));
    const [file] = Object.values(files).filter((one) => JSON.stringify(one).includes(s3Key)) as [
      { source: { path: string; packaging: string } },
    ];
    expect(file.source.packaging).toBe('zip');
    expect(join(outdir, file.source.path)).toBe(dir);
    expect(JSON.stringify(s3Bucket)).toContain('assets');
  });

  it('is found by tools that run functions locally', () => {
    const app = bundlingApp();
    addFunction(new Stack(app, 'Stack'), 'users', service('/api/users'));
    const dir = assetOf(app, 'users');
    expect(resourceOf(app).cfnOptions.metadata).toMatchObject({
      'aws:asset:path': dir.split('/').at(-1),
      'aws:asset:property': 'Code',
    });
  });

  it('may be synthesized again', () => {
    const app = bundlingApp();
    addFunction(new Stack(app, 'Stack'), 'users', service('/api/users'));
    const [first, second] = [app.synth(), app.synth({ force: true })].map(({ stacks }) => stacks[0]?.template);
    expect(second).toEqual(first);
  });
});

function resourceOf(scope: Construct): CfnFunction {
  return scope.node.findAll().find((one) => CfnFunction.isCfnFunction(one)) as CfnFunction;
}
