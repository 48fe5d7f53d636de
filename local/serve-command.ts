import { formatEvent } from './app/format.ts';
import { run } from './app/serve-app.ts';
import { CLI_USAGE, type CliOptions, parseCliOptions } from './cli-options.ts';
import type { Closers } from './closers.ts';
import type { LogEvent } from './log-event.ts';
import { type Output, reportUserError } from './output.ts';
import { thisProject } from './project.ts';

/**
 * Runs the command of `npm start`: it has begun to serve when this resolves, and ends with the closers.
 *
 * @returns the exit code
 */
export async function serveCommand(args: readonly string[], { out, err }: Output, closers: Closers): Promise<0 | 1> {
  try {
    const options = parseCliOptions(args);
    if (options) await run(options, thisProject(process.env), { log: logger(options, out), print: out }, closers);
    else out(CLI_USAGE);
    return 0;
  } catch (error) {
    reportUserError(error, err);
    await closers.close();
    return 1;
  }
}

function logger({ verbose }: CliOptions, out: Output['out']): (event: LogEvent) => void {
  return (event) => {
    const line = formatEvent(event, verbose);
    if (line !== undefined) out(`${new Date().toTimeString().slice(0, 8)} ${line}`);
  };
}
