import { join } from 'node:path';
import type { CliOptions } from '../cli-options.ts';
import { Closers } from '../closers.ts';
import { type RunningGateway, readAssembly, startGateway } from '../gateway.ts';
import type { LogSink } from '../log.ts';
import { PROJECT_DIR, STATE_DIR } from '../project.ts';
import { suggestRedis } from '../stores/redis.ts';
import { UserError } from '../user-error.ts';
import { AssemblyDirs } from './assembly-dirs.ts';
import { routesTable, startPage } from './page.ts';
import { withProgress } from './progress.ts';
import { synthesize } from './synthesize.ts';
import { watchFolders } from './watch.ts';

const SOURCES = ['lambdas', 'lib', 'bin'];

/** Serves the app, or the assembly that the options name, until it is closed. */
export async function run(options: CliOptions, log: LogSink, print: (text: string) => void): Promise<Closers> {
  const dirs = new AssemblyDirs(STATE_DIR);
  if (options.assemblyDir === undefined) await withProgress('synthesizing the app', () => synthesizeDraft(dirs));
  if (options.assemblyDir === undefined) dirs.promote();
  const closers = new Closers();
  const { port, upstreams } = options;
  const assemblyDir = options.assemblyDir ?? dirs.served;
  const starting = () =>
    startGateway({ assemblyDir, port, upstreams, stateDir: STATE_DIR, redis: suggestRedis(process.env), log });
  const gateway = closers.add(await withProgress('starting', starting));
  if (options.assemblyDir === undefined) closers.push(watchSources(gateway, dirs, print));
  const hint =
    options.assemblyDir === undefined
      ? 'Files saved under lambdas/, lib/ and bin/ are picked up. Ctrl-C ends everything.'
      : 'Ctrl-C ends everything.';
  print(startPage(gateway, hint));
  return closers;
}

async function synthesizeDraft(dirs: AssemblyDirs): Promise<void> {
  dirs.clear();
  try {
    await synthesize(PROJECT_DIR, dirs.draft, STATE_DIR);
    readAssembly(dirs.draft);
  } catch (error) {
    dirs.discard();
    throw error;
  }
}

function watchSources(gateway: RunningGateway, dirs: AssemblyDirs, print: (text: string) => void): () => void {
  const folders = SOURCES.map((name) => join(PROJECT_DIR, name));
  return watchFolders(folders, async () => {
    try {
      const startMs = performance.now();
      await synthesizeDraft(dirs);
      const before = routesTable(gateway);
      dirs.promote();
      const changed = await gateway.reload(dirs.served);
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      print(`reloaded in ${seconds} s: ${changed.length === 0 ? 'no function changed' : changed.join(', ')}`);
      if (routesTable(gateway) !== before) print(routesTable(gateway));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      print(`not reloaded, the gateway stays as it was: ${error.message}`);
    }
  });
}
