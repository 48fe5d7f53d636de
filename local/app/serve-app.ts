import { join } from 'node:path';
import type { CliOptions } from '../cli-options.ts';
import type { Closers } from '../closers.ts';
import { checkPort } from '../http/server.ts';
import type { LogSink } from '../log-event.ts';
import type { Project } from '../project.ts';
import type { RunningGateway } from '../running-gateway.ts';
import { readAssembly, startGateway } from '../start-gateway.ts';
import { checkRedis, suggestRedis } from '../stores/choose-redis.ts';
import { UserError } from '../user-error.ts';
import { AssemblyDirs } from './assembly-dirs.ts';
import { withProgress } from './progress.ts';
import { routesTable, startPage } from './start-page.ts';
import { synthesize } from './synthesize.ts';
import { watchFolders } from './watch.ts';

export interface Sinks {
  readonly log: LogSink;
  readonly print: (text: string) => void;
}

const SOURCES = ['lambdas', 'lib', 'bin'];

/** Serves the app, or the assembly that the options name, until the closers are closed. */
export async function run(
  options: CliOptions,
  project: Project,
  { log, print }: Sinks,
  closers: Closers,
): Promise<RunningGateway> {
  const { port, operatorPort, hosts, upstreams } = options;
  const redis = suggestRedis(process.env);
  await checkPort(port);
  if (operatorPort !== 'usual') await checkPort(operatorPort, '--operator-port');
  await checkRedis(redis);
  const app = { project, context: options.context };
  const dirs = options.assemblyDir === undefined ? await firstAssembly(app) : undefined;
  const assemblyDir = dirs?.served ?? options.assemblyDir ?? '';
  const { stateDir } = project;
  const starting = () => startGateway({ assemblyDir, port, operatorPort, hosts, upstreams, stateDir, redis, log });
  const gateway = closers.add(await withProgress('starting', starting));
  if (dirs) closers.push(watchSources(gateway, app, dirs, print));
  print(
    startPage(
      gateway,
      `${dirs ? `Files saved under ${SOURCES.join('/, ')}/ are picked up. ` : ''}Ctrl-C ends everything.`,
    ),
  );
  return gateway;
}

/** The app to synthesize. */
interface AppSource {
  readonly project: Project;
  readonly context: CliOptions['context'];
}

async function firstAssembly(app: AppSource): Promise<AssemblyDirs> {
  const dirs = new AssemblyDirs(app.project.stateDir);
  dirs.sweep();
  await withProgress('synthesizing the app', () => synthesizeDraft(app, dirs));
  dirs.promote();
  dirs.prune();
  return dirs;
}

/** Synthesizes a draft that can be served; after an error, removes the draft. */
async function synthesizeDraft({ project, context }: AppSource, dirs: AssemblyDirs): Promise<void> {
  dirs.clear();
  try {
    await synthesize(project, dirs.draft, context);
    readAssembly(dirs.draft);
  } catch (error) {
    dirs.discard();
    throw error;
  }
}

function watchSources(
  gateway: RunningGateway,
  app: AppSource,
  dirs: AssemblyDirs,
  print: (text: string) => void,
): () => void {
  const folders = SOURCES.map((name) => join(app.project.dir, name));
  return watchFolders(folders, async () => {
    try {
      print(await reload(gateway, app, dirs));
    } catch (error) {
      print(`not reloaded, the gateway stays as it was: ${error instanceof UserError ? error.message : String(error)}`);
    }
  });
}

async function reload(gateway: RunningGateway, app: AppSource, dirs: AssemblyDirs): Promise<string> {
  const startMs = performance.now();
  const before = routesTable(gateway);
  await synthesizeDraft(app, dirs);
  dirs.promote();
  const changed = await gateway.reload(dirs.served);
  dirs.prune();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const line = `reloaded in ${seconds} s: ${changed.length === 0 ? 'no function changed' : changed.join(', ')}`;
  return routesTable(gateway) === before ? line : `${line}\n${routesTable(gateway)}`;
}
