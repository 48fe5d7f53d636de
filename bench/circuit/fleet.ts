import { setTimeout as pause } from 'node:timers/promises';
import type { TestTable } from '../../test/support/aws/dynamodb.ts';
import { median } from '../statistics.ts';
import { type Cell, printTable, progress } from '../table.ts';
import { BREAKERS, type BreakerName } from './fleet/orders.ts';
import { startFleet } from './fleet/start.ts';
import { type Fleet, type Trial, tryOut } from './fleet/trial.ts';
import { OPENS_AT } from './opens-at.ts';

const OPEN_FOR_MS = 2000;
const SUCCESSES = 3;

const NAMES: Readonly<Record<BreakerName, string>> = {
  opossum: 'opossum, one a process',
  cockatiel: 'cockatiel, SamplingBreaker, one a process',
  tollgate: 'Tollgate, one for all',
};

export interface FleetBenchOptions {
  /** Environment of a function: where its stores are. */
  readonly variables: Readonly<Record<string, string>>;
  readonly table: TestTable;
  readonly processes: number;
  /** Outages for each breaker. */
  readonly outages: number;
}

/** What processes do to an upstream that is dead when they begin to call it, and once it has recovered; breakers in turn. */
export async function benchFleet({ variables, table, processes, outages }: FleetBenchOptions): Promise<void> {
  progress(`a fleet: starting ${processes} processes …`);
  const fleet = await startFleet({ variables, table, processes, openForMs: OPEN_FOR_MS, successes: SUCCESSES });
  try {
    progress(`outages: ${BREAKERS.length} breakers, ${outages} of each …`);
    const trials = await tryAll(fleet, outages);
    printTable(
      `A dead upstream and ${processes} processes with one call at a time each; open for ${OPEN_FOR_MS} ms, medians of ${outages} outages`,
      [
        '',
        'calls until all reject',
        'most',
        'ms',
        'calls while half-open',
        'most',
        'ms from recovery to closed',
        'most',
        'ms to all answered',
      ],
      [...BREAKERS.map((breaker) => cells(NAMES[breaker], trials[breaker])), goals(processes)],
    );
  } finally {
    await fleet.stop();
  }
}

type Trials = Readonly<Record<BreakerName, readonly Trial[]>>;

async function tryAll(fleet: Fleet, outages: number): Promise<Trials> {
  const trials = { opossum: [], cockatiel: [], tollgate: [] } as Record<BreakerName, Trial[]>;
  const quiet: Partial<Record<BreakerName, Promise<void>>> = { tollgate: windowOver() };
  for (let outage = 0; outage < outages; outage += 1) {
    for (const breaker of BREAKERS) {
      await quiet[breaker];
      trials[breaker].push(await tryOut(fleet, breaker));
      quiet[breaker] = windowOver();
    }
  }
  return trials;
}

/** What was answered well before an outage is in the same window, and would hide the first failures from any breaker. */
function windowOver(): Promise<void> {
  return pause(1.1 * OPENS_AT.windowMs, undefined, { ref: false });
}

function cells(name: string, trials: readonly Trial[]): readonly Cell[] {
  const all = (figure: keyof Trial) => trials.map((trial) => trial[figure]);
  const both = (figure: keyof Trial) => [median(all(figure)), Math.max(...all(figure))];
  return [
    name,
    ...both('calls'),
    median(all('openAfterMs')),
    ...both('halfOpenCalls'),
    ...both('closedAfterMs'),
    median(all('answeredAfterMs')),
  ];
}

/** A process cannot take back a call that is under way when the circuit opens. */
function goals(processes: number): readonly Cell[] {
  const calls = String(OPENS_AT.minRequests + processes);
  return ['goal', calls, calls, '', String(SUCCESSES), String(SUCCESSES), '', '', ''];
}
