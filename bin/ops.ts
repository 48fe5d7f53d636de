import { main } from './ops/main.ts';

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  // Undefined for a file or a pipe.
  width: process.stdout.columns,
});
