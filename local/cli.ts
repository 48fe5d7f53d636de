import { Closers } from './closers.ts';
import { serveCommand } from './serve-command.ts';

/** One Ctrl-C arrives twice: from the terminal, and from npm. */
const SAME_SIGNAL_MS = 1000;

const closers = new Closers();
endOnSignal(closers);
const code = await serveCommand(process.argv.slice(2), { out: console.log, err: console.error }, closers);
if (code !== 0) {
  await closers.close();
  process.exit(code);
}

/** The first signal closes everything; a later one ends the process at once. */
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
