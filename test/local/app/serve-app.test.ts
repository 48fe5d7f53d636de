import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { run } from '../../../local/app/serve-app.ts';
import type { CliOptions } from '../../../local/cli-options.ts';
import { Closers } from '../../../local/closers.ts';
import { type AssemblyFixture, temporaryDir, writeAssembly } from '../support/assembly.ts';

// An app that "synthesizes" by copying what lies in its `lib` folder, or fails when a file says so.
const APP = `
import { cpSync, existsSync } from 'node:fs';
if (existsSync('broken')) { console.log('Bundling asset X...'); console.error('TypeError: prefix must begin with a slash'); process.exit(1); }
if (/"own":1.*"env":"test"/.test(process.env.CDK_CONTEXT_JSON)) cpSync('assembly', process.env.CDK_OUTDIR, { recursive: true });
`;

const fixture = (word: string, path = '/word'): AssemblyFixture => ({
  functions: {
    Word: { code: `export const handler = async () => '${word}';` },
    Same: { code: 'let served = 0; export const handler = async () => ({ served: (served += 1) });' },
  },
  routes: { [`GET ${path}`]: { function: 'Word' }, 'GET /same': { function: 'Same' } },
});

const OPTIONS: CliOptions = {
  port: 0,
  operatorPort: 0,
  hosts: [],
  upstreams: {},
  assemblyDir: undefined,
  context: { env: 'test' },
  verbose: false,
};

/** A checkout with an app, served until the test has finished. */
async function serveProject(initial: AssemblyFixture) {
  const dir = temporaryDir();
  for (const name of ['lib', 'lambdas']) mkdirSync(join(dir, name));
  writeFileSync(join(dir, 'app.mjs'), APP);
  writeFileSync(join(dir, 'cdk.json'), JSON.stringify({ app: 'node app.mjs', context: { own: 1 } }));
  writeAssembly(initial, join(dir, 'assembly'));
  const printed: string[] = [];
  let notify = () => {};
  const print = (text: string) => {
    printed.push(text);
    notify();
  };
  const closers = new Closers();
  onTestFinished(() => closers.close());
  const { url } = await run(OPTIONS, { dir, stateDir: join(dir, '.tollgate') }, { log: () => {}, print }, closers);
  return {
    dir,
    get: async (path: string) => (await fetch(`${url}${path}`)).text(),
    /** Saves a file in a watched folder and gives what is then printed. */
    save: async () => {
      const next = new Promise<void>((resolve) => {
        notify = resolve;
      });
      writeFileSync(join(dir, 'lib', 'stack.ts'), String(Math.random()));
      await next;
      return printed.at(-1) ?? '';
    },
    change: (next: AssemblyFixture) => {
      rmSync(join(dir, 'assembly'), { recursive: true });
      writeAssembly(next, join(dir, 'assembly'));
    },
  };
}

test('the app is synthesized with its context and served', async () => {
  const { get, dir } = await serveProject(fixture('one'));
  expect(await get('/word')).toBe('one');
  expect(readdirSync(join(dir, '.tollgate')).filter((name) => name.startsWith('assembly'))).toEqual(['assembly']);
});

test('a saved change is served without a restart; functions that stayed the same keep their state', async () => {
  const { get, save, change } = await serveProject(fixture('one'));
  expect(await get('/same')).toBe('{"served":1}');
  change(fixture('two'));
  expect(await save()).toMatch(/^reloaded in \d+\.\d s: word$/);
  expect([await get('/word'), await get('/same')]).toEqual(['two', '{"served":2}']);
});

test('a function that still loads during a reload finds its bundle; old bundles are then removed', async () => {
  const loading = (word: string, forMs: number): AssemblyFixture => ({
    functions: {
      Word: {
        code: `if (!import.meta.url.includes('again')) {
          await new Promise((resolve) => setTimeout(resolve, ${forMs}));
          await import(import.meta.url + '?again');
        }
        export const handler = async () => '${word}';`,
        properties: { Timeout: 10 },
      },
    },
    routes: { 'GET /word': { function: 'Word' } },
  });
  const { dir, get, save, change } = await serveProject(loading('one', 1500));
  const bundles = () => readdirSync(join(dir, '.tollgate', 'assembly')).filter((name) => name.startsWith('asset.'));
  const before = bundles();
  const early = get('/word');
  change(loading('two', 0));
  await save();
  expect(await early).toBe('one');
  expect(await get('/word')).toBe('two');
  expect(bundles()).toHaveLength(1);
  expect(bundles()).not.toEqual(before);
});

test('changed routes take the place of the old ones and are shown', async () => {
  const { get, save, change } = await serveProject(fixture('one'));
  change(fixture('one', '/other'));
  expect(await save()).toContain('/other');
  expect([await get('/other'), await get('/word')]).toEqual(['one', '{"message":"Not Found"}']);
});

test('a change that does not synthesize leaves the gateway as it was and says why', async () => {
  const { dir, get, save } = await serveProject(fixture('one'));
  writeFileSync(join(dir, 'broken'), '');
  const told = await save();
  expect(told).toContain('not reloaded, the gateway stays as it was: the app does not synthesize');
  expect(told).toContain('prefix must begin with a slash');
  expect(told).not.toContain('Bundling');
  expect(await get('/word')).toBe('one');
});

test('a change that cannot be served leaves the gateway as it was and names the resource', async () => {
  const { get, save, change } = await serveProject(fixture('one'));
  change({ ...fixture('two'), resources: { Stream: { Type: 'AWS::Kinesis::Stream' } } });
  expect(await save()).toContain('Stream in Gateway is a AWS::Kinesis::Stream');
  expect(await get('/word')).toBe('one');
});

test('an app that does not synthesize is an error at the start', async () => {
  const dir = temporaryDir();
  writeFileSync(join(dir, 'cdk.json'), JSON.stringify({ app: 'echo no such stack && exit 3' }));
  await expect(run(OPTIONS, { dir, stateDir: dir }, { log: () => {}, print: () => {} }, new Closers())).rejects.toThrow(
    'the app does not synthesize (echo no such stack && exit 3)\nno such stack',
  );
});

test('a REDIS_URL at which no Redis answers is an error before the app is synthesized', async () => {
  vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const dir = temporaryDir();
  writeFileSync(join(dir, 'cdk.json'), JSON.stringify({ app: 'exit 3' }));
  await expect(run(OPTIONS, { dir, stateDir: dir }, { log: () => {}, print: () => {} }, new Closers())).rejects.toThrow(
    'no Redis answers at REDIS_URL redis://127.0.0.1:1: ECONNREFUSED',
  );
});
