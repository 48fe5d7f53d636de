import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRedis } from '../test/support/redis.ts';
import { benchAuth } from './auth.ts';
import { synthesizedBundles } from './bundles.ts';
import { benchChaos } from './chaos.ts';
import { endAll } from './child.ts';
import { benchColdStart } from './cold-start.ts';
import { benchCpu } from './cpu.ts';
import { pin } from './limits/pin.ts';
import { benchLimits } from './limits.ts';
import { peersInstalled } from './peers.ts';
import { benchAuthorizerSizes, benchSizes } from './sizes.ts';
import { startStand } from './stand.ts';
import { progress } from './table.ts';

const PARTS = ['sizes', 'cold-start', 'cpu', 'auth', 'limits', 'chaos'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Fresh processes a row of the cold start table. */
    starts: { type: 'string', default: '21' },
    /** Rounds of the tables of CPU and of limits. */
    rounds: { type: 'string', default: '5' },
    /** Requests a round, of the CPU table. */
    requests: { type: 'string', default: '6000' },
    /** Decisions a round, of the limits. */
    decisions: { type: 'string', default: '20000' },
    /** Clients whose memory is measured, and the most that the table of growth has. */
    clients: { type: 'string', default: '2500' },
    'most-clients': { type: 'string', default: '1000000' },
    /** File of the limits' plot. */
    plot: { type: 'string', default: join(import.meta.dirname, 'results', 'limits.svg') },
  },
});

const unknown = positionals.find((part) => !PARTS.some((known) => known === part));
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}: say one or more of ${PARTS.join(', ')}, or none for all`);
  process.exit(1);
}
const wanted = (part: (typeof PARTS)[number]) => positionals.length === 0 || positionals.includes(part);

/** @returns the option, which must be a positive whole number */
function count(name: 'starts' | 'rounds' | 'requests' | 'decisions' | 'clients' | 'most-clients'): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number > 0) return number;
  console.error(`--${name} must be a positive whole number, got ${values[name]}`);
  process.exit(1);
}

if ((wanted('cpu') || wanted('auth') || wanted('limits')) && !peersInstalled()) {
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
  if (['sizes', 'cold-start', 'cpu', 'auth'].some((part) => wanted(part as (typeof PARTS)[number])))
    await benchFunctions();
  if (wanted('limits')) await benchTheLimits();
  if (wanted('chaos')) await benchChaos((stop) => closers.push(stop));
} finally {
  await close();
}
