import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Project } from '../project.ts';
import { UserError } from '../user-error.ts';

type Context = Readonly<Record<string, unknown>>;

/** The context that `cdk synth` itself adds (aws-cdk). */
const CLI_CONTEXT = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:version-reporting': false,
  'aws:cdk:bundling-stacks': ['**'],
};

/**
 * Runs the app that cdk.json names, as `cdk synth` does. The command itself takes a second or two longer: it asks AWS
 * for an account and downloads notices.
 *
 * @throws UserError with what the app printed
 */
export async function synthesize({ dir, stateDir }: Project, outDir: string, context: Context = {}): Promise<void> {
  const { app, context: configured } = readConfiguration(dir);
  const { code, output } = await run(app, dir, {
    ...process.env,
    PATH: `${join(dir, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    CDK_OUTDIR: outDir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...CLI_CONTEXT, ...configured, ...context }),
    // Validation for CloudFormation, which is not used here, takes 6 s of the app's 8 s.
    CDK_VALIDATION: 'false',
    NODE_COMPILE_CACHE: join(stateDir, 'compile-cache'),
  });
  if (code !== 0)
    throw new UserError('synth_failed', `the app does not synthesize (${app})\n${withoutProgress(output)}`);
}

/** The app prints a line for each bundle. */
function withoutProgress(output: string): string {
  return output.replace(/^Bundling asset .*\n/gm, '').trim();
}

function readConfiguration(dir: string): { readonly app: string; readonly context: Context } {
  const configuration = readJson(join(dir, 'cdk.json'));
  if (typeof configuration['app'] !== 'string') throw new UserError('app_missing', `cdk.json in ${dir} names no app`);
  return {
    app: configuration['app'],
    context: { ...readJson(join(dir, 'cdk.context.json')), ...contextOf(configuration) },
  };
}

function contextOf(configuration: Readonly<Record<string, unknown>>): Context {
  return (configuration['context'] ?? {}) as Context;
}

function readJson(path: string): Readonly<Record<string, unknown>> {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

function run(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { cwd, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
