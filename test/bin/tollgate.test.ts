import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const PROJECT_ROOT = join(import.meta.dirname, '../..');
const { app, context } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'cdk.json'), 'utf8'));

const outdir = mkdtempSync(join(tmpdir(), 'tollgate-bin-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** Runs the command of cdk.json as `cdk synth` does, without an account and with no network to ask. */
function run(env: Record<string, string>, cwd = PROJECT_ROOT): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const { PATH = '', HOME = '' } = process.env;
    execFile(
      'sh',
      ['-c', app],
      { cwd, env: { PATH: `${join(PROJECT_ROOT, 'node_modules/.bin')}:${PATH}`, HOME, ...env } },
      (error, _, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stderr }),
    );
  });
}

describe('the command of cdk.json', () => {
  it('synthesizes both stacks and those of the services, their functions from six bundles', {
    timeout: 120_000,
  }, async () => {
    const dir = join(outdir, 'dev');
    const { code, stderr } = await run({ CDK_OUTDIR: dir, CDK_CONTEXT_JSON: JSON.stringify(context) });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });

    const names = readdirSync(dir).filter((name) => name.endsWith('.template.json'));
    expect(names.map((name) => name.replace(/[0-9A-F]{8}\.nested/, '.nested')).sort()).toEqual([
      'Tollgate-dev-Foundation.template.json',
      'Tollgate-dev-Gateway.template.json',
      ...['orders', 'payments', 'products', 'users'].map((name) => `TollgatedevGateway${name}.nested.template.json`),
    ]);
    const keys = names
      .flatMap((name) => Object.values(resourcesOf(join(dir, name))))
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties.Code.S3Key);
    expect(keys).toHaveLength(9);
    expect(new Set(keys).size).toBe(9);
    const bundles = keys.map((key) => statSync(join(dir, `asset.${key.replace('.zip', '')}`, 'index.mjs')).ino);
    expect(new Set(bundles).size).toBe(6);
  });

  it('says in one line what is wrong, and writes nothing', { timeout: 60_000 }, async () => {
    const dir = join(outdir, 'staging');
    const { code, stderr } = await run({
      CDK_OUTDIR: dir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, env: 'staging' }),
    });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'env must be one of dev, prod, got "staging": add it to lib/environments.ts or choose with -c env=NAME\n',
    );
    expect(existsSync(join(dir, 'manifest.json'))).toBe(false);
  });

  it('names the line that was written, even where a file is wrong as it is loaded', { timeout: 60_000 }, async () => {
    const project = join(outdir, 'project');
    for (const name of ['bin', 'lib', 'lambdas', 'package.json', 'tsconfig.json']) {
      cpSync(join(PROJECT_ROOT, name), join(project, name), { recursive: true });
    }
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(project, 'node_modules'));
    const file = join(project, 'lib/environments.ts');
    appendFileSync(file, "import { Claim } from './gateway/auth/claim.ts';\nClaim.oneOf('client_id', []);\n");
    const line = readFileSync(file, 'utf8').split('\n').length - 1;

    const { code, stderr } = await run({ CDK_OUTDIR: join(outdir, 'loaded') }, project);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `the values of a claim must be a list of texts, numbers and booleans, one at least, got []: write one like ['web', 'mobile'] (lib/environments.ts:${line})\n`,
    );
  });
});

function resourcesOf(path: string): Readonly<Record<string, { readonly Type: string; readonly Properties: Lambda }>> {
  return JSON.parse(readFileSync(path, 'utf8')).Resources;
}

interface Lambda {
  readonly Code: { readonly S3Key: string };
}
