import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRedis } from '../test/support/redis/redis.ts';
import { benchAuth } from './auth.ts';
import { synthesizedBundles } from './bundles.ts';
import { benchChaos } from './chaos.ts';
import { endAll } from './child.ts';
import { benchCircuit } from './circuit.ts';
import { benchCircuitChaos } from './circuit-chaos.ts';
import { benchColdStart } from './cold-start.ts';
import { benchCpu } from './cpu.ts';
import { pin } from './limits/pin.ts';
import { benchLimits } from './limits.ts';
import { peersInstalled } from './peers.ts';
import { benchAuthorizerSizes, benchSizes } from './sizes.ts';
import { startStand } from './stand.ts';
import { progress } from './table.ts';

const PARTS = ['sizes', 'cold-start', 'cpu', 'auth', 'limits', 'chaos', 'circuit', 'circuit-chaos'] as const;
type Part = (typeof PARTS)[number];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Fresh processes a row of the cold start table. */
    starts: { type: 'string', default: '21' },
    /** Rounds of the tables of CPU, of limits and of breakers. */
    rounds: { type: 'string', default: '5' },
    /** Requests a round, of the CPU table. */
    requests: { type: 'string', default: '6000' },
    /** Decisions a round, of the limits. */
    decisions: { type: 'string', default: '20000' },
    /** Clients whose memory is measured, and the most that the table of growth has. */
    clients: { type: 'string', default: '2500' },
    'most-clients': { type: 'string', default: '1000000' },
    /** Calls a round, of each breaker. */
    calls: { type: 'string', default: '100000' },
    /** Processes of the fleet, and outages that it meets with each breaker. */
    processes: { type: 'string', default: '50' },
    outages: { type: 'string', default: '3' },
    /** File of the limits' plot. */
    plot: { type: 'string', default: join(import.meta.dirname, 'results', 'limits.svg') },
    /** File of the plot of circuits. */
    'circuit-plot': { type: 'string', default: join(import.meta.dirname, 'results', 'circuit-chaos.svg') },
  },
});

const unknown = positionals.find((part) => !PARTS.some((known) => known === part));
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}: say one or more of ${PARTS.join(', ')}, or none for all`);
  process.exit(1);
}
const wanted = (part: Part) => positionals.length === 0 || positionals.includes(part);

/** @returns the option, which must be a positive whole number */
function count(name: Exclude<keyof typeof values, 'plot' | 'circuit-plot'>): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number > 0) return number;
  console.error(`--${name} must be a positive whole number, got ${values[name]}`);
  process.exit(1);
}

if (['cpu', 'auth', 'limits', 'circuit'].some((part) => wanted(part as Part)) && !peersInstalled()) {
  progress('installing what the benchmarks compare with …');
  const { status } = spawnSync('npm', ['ci', '--silent'], { cwd: import.meta.dirname, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('npm ci in bench/ failed');
}

console.log(
  `Node ${process.version}, ${cpus().length} cores, ${process.arch}, ${new Date().toISOString().slice(0, 10)}`,
);

/** Run at the end, or when the run is interrupted. */
const closers: (() => Promise<void>)[] = [endAll];

async function close(): Promise<void> {
  await Promise.all(closers.map((closer) => closer()));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void close().finally(() => process.exit(1)));

async function benchFunctions(): Promise<void> {
  progress('synthesizing the app …');
  const bundles = await synthesizedBundles();
  closers.push(() => bundles.remove());
  const stand = await startStand();
  closers.push(() => stand.stop());
  if (wanted('sizes')) await benchSizes(bundles);
  if (wanted('cold-start')) await benchColdStart(stand, bundles, count('starts'));
  if (wanted('cpu')) await benchCpu(stand, bundles, count('rounds'), count('requests'));
  if (!wanted('auth')) return;
  // With all parts its cold start is measured among the others.
  if (!wanted('cold-start')) await benchColdStart(stand, bundles, count('starts'), 'authorizer');
  await benchAuthorizerSizes(bundles);
  await benchAuth(count('rounds'));
}

async function benchTheLimits(): Promise<void> {
  const redis = await startRedis();
  closers.push(() => redis.stop());
  pin(redis.process.pid ?? 0, 'redis');
  await benchLimits({
    redisUrl: redis.url,
    rounds: count('rounds'),
    decisions: count('decisions'),
    clients: count('clients'),
    mostClients: count('most-clients'),
    plot: values.plot,
  });
}

try {
  if (['sizes', 'cold-start', 'cpu', 'auth'].some((part) => wanted(part as Part))) await benchFunctions();
  if (wanted('limits')) await benchTheLimits();
  if (wanted('chaos')) await benchChaos((stop) => closers.push(stop));
  if (wanted('circuit')) {
    await benchCircuit({
      rounds: count('rounds'),
      calls: count('calls'),
      processes: count('processes'),
      outages: count('outages'),
      opened: (stop) => closers.push(stop),
    });
  }
  if (wanted('circuit-chaos')) await benchCircuitChaos(values['circuit-plot'], (stop) => closers.push(stop));
} finally {
  await close();
}
