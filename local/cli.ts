import { formatEvent } from './app/format.ts';
import { run } from './app/serve-app.ts';
import { CLI_USAGE, type CliOptions, parseCliOptions } from './cli-options.ts';
import { Closers } from './closers.ts';
import type { LogEvent } from './log-event.ts';
import { thisProject } from './project.ts';
import { UserError } from './user-error.ts';

/** One Ctrl-C arrives twice: from the terminal, and from npm. */
const SAME_SIGNAL_MS = 1000;

const closers = new Closers();
endOnSignal(closers);
try {
  const options = parseCliOptions(process.argv.slice(2));
  if (options) await run(options, thisProject(process.env), { log: logger(options), print: console.log }, closers);
  else console.log(CLI_USAGE);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  await closers.close();
  process.exit(1);
}

function logger({ verbose }: CliOptions): (event: LogEvent) => void {
  return (event) => {
    const line = formatEvent(event, verbose);
    if (line !== undefined) console.log(`${new Date().toTimeString().slice(0, 8)} ${line}`);
  };
}

/** A later signal does not wait for what the first one is ending. */
function endOnSignal(closers: Closers): void {
  let firstAtMs: number | undefined;
  const end = () => {
    if (firstAtMs !== undefined) {
      if (performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(130);
      return;
    }
    firstAtMs = performance.now();
    void closers.close().then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
}
