import { formatEvent } from './app/format.ts';
import { run } from './app/run.ts';
import { CLI_USAGE, type CliOptions, parseCliOptions } from './cli-options.ts';
import type { Closers } from './closers.ts';
import type { LogEvent } from './log.ts';
import { UserError } from './user-error.ts';

try {
  const options = parseCliOptions(process.argv.slice(2));
  if (options) endOnSignal(await run(options, logger(options), console.log));
  else console.log(CLI_USAGE);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  process.exit(1);
}

function logger({ verbose }: CliOptions): (event: LogEvent) => void {
  return (event) => {
    const line = formatEvent(event, verbose);
    if (line !== undefined) console.log(`${new Date().toTimeString().slice(0, 8)} ${line}`);
  };
}

/** A second signal does not wait for what the first one is ending. */
function endOnSignal(closers: Closers): void {
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending) process.exit(130);
      ending = true;
      void closers.close().then(() => process.exit(0));
    });
  }
}
