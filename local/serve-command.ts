import { formatEvent } from './app/format.ts';
import { run } from './app/serve-app.ts';
import { CLI_USAGE, type CliOptions, parseCliOptions } from './cli-options.ts';
import type { Closers } from './closers.ts';
import type { LogEvent } from './log-event.ts';
import { exitCodeOf, type Output } from './output.ts';
import { thisProject } from './project.ts';

/** The command of `npm start`: it has begun to serve when this resolves, and ends with the closers. */
export function serveCommand(args: readonly string[], output: Output, closers: Closers): Promise<0 | 1> {
  return exitCodeOf(async () => {
    const options = parseCliOptions(args);
    if (options === undefined) return output.out(CLI_USAGE);
    const sinks = { log: logger(options, output.out), print: output.out };
    await run(options, thisProject(process.env), sinks, closers);
  }, output);
}

function logger({ verbose }: CliOptions, out: Output['out']): (event: LogEvent) => void {
  return (event) => {
    const line = formatEvent(event, verbose);
    if (line !== undefined) out(`${new Date().toTimeString().slice(0, 8)} ${line}`);
  };
}
