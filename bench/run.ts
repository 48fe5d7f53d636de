import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { synthesizedBundles } from './bundles.ts';
import { endAll } from './child.ts';
import { benchColdStart } from './cold-start.ts';
import { benchCpu, peersInstalled } from './cpu.ts';
import { benchSizes } from './sizes.ts';
import { startStand } from './stand.ts';
import { progress } from './table.ts';

const PARTS = ['sizes', 'cold-start', 'cpu'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Fresh processes a row of the cold start table. */
    starts: { type: 'string', default: '21' },
    /** Rounds of the CPU table. */
    rounds: { type: 'string', default: '5' },
    /** Requests a round. */
    requests: { type: 'string', default: '6000' },
  },
});

const unknown = positionals.find((part) => !PARTS.some((known) => known === part));
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}: say one or more of ${PARTS.join(', ')}, or none for all`);
  process.exit(1);
}
const wanted = (part: (typeof PARTS)[number]) => positionals.length === 0 || positionals.includes(part);

if (wanted('cpu') && !peersInstalled()) {
  progress('installing what the benchmarks compare with …');
  const { status } = spawnSync('npm', ['ci', '--silent'], { cwd: import.meta.dirname, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('npm ci in bench/ failed');
}

console.log(
  `Node ${process.version}, ${cpus().length} cores, ${process.arch}, ${new Date().toISOString().slice(0, 10)}`,
);
progress('synthesizing the app …');
const bundles = await synthesizedBundles();
const stand = await startStand();

async function close(): Promise<void> {
  await Promise.all([endAll(), stand.stop(), bundles.remove()]);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void close().finally(() => process.exit(1)));

try {
  if (wanted('sizes')) await benchSizes(bundles);
  if (wanted('cold-start')) await benchColdStart(stand, bundles, Number(values.starts));
  if (wanted('cpu')) await benchCpu(stand, bundles, Number(values.rounds), Number(values.requests));
} finally {
  await close();
}
