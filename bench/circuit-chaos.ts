import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { phases } from './circuit-chaos/phases.ts';
import { play } from './circuit-chaos/play.ts';
import { plotChaos } from './circuit-chaos/plot.ts';
import { during, type Played, type Recording } from './circuit-chaos/recording.ts';
import { CAST, type Cast, startStage } from './circuit-chaos/stage.ts';
import { percentile } from './statistics.ts';
import { type Cell, printTable, progress } from './table.ts';

/** Long enough for a p99 of some hundred requests in each part. */
const LASTS = { illMs: 6000, wellMs: 4000 } as const;

/**
 * What the circuit of a service does while its upstream falls ill and gets well again, and what a service beside it feels.
 *
 * @param plot file of the plot
 * @param opened told how to stop what was started
 */
export async function benchCircuitChaos(plot: string, opened: (stop: () => Promise<void>) => void): Promise<void> {
  progress('a circuit in chaos …');
  const stage = await startStage();
  opened(stage.stop);
  const recording = await play(stage, phases(LASTS));
  const calm = msOfUsers(recording, recording.phases[0]);
  const { payments, users } = CAST;
  printTable(
    `Upstream of payments ill by turns (${loadOf(payments)}); users beside it (${loadOf(users)}), beside their calm part`,
    ['upstream', 's', 'asked', 'rejected', 'called', 'probes', 'users', 'p50 ms', 'p99 ms', 'p50 ratio', 'p99 ratio'],
    recording.phases.map((played) => cellsOf(recording, played, calm)),
  );
  await mkdir(dirname(plot), { recursive: true });
  await writeFile(plot, plotChaos(recording));
  progress(`the plot is in ${plot}`);
}

function loadOf({ processes, environments, ratePerS }: Cast): string {
  return `${processes * environments} environments, ${ratePerS} requests a second`;
}

function cellsOf(recording: Recording, played: Played, calm: readonly number[]): readonly Cell[] {
  const { samples } = during(recording.services.payments, played);
  const users = msOfUsers(recording, played);
  const ratios = [0.5, 0.99].map((share) => (percentile(users, share) / percentile(calm, share)).toFixed(2));
  return [
    played.name,
    (played.untilMs - played.fromMs) / 1000,
    samples.length,
    samples.filter(({ rejected }) => rejected).length,
    samples.filter(({ calls }) => calls > 0).length,
    samples.filter(({ probe }) => probe).length,
    users.length,
    percentile(users, 0.5),
    percentile(users, 0.99),
    ...ratios,
  ];
}

/** In ascending order. */
function msOfUsers({ services }: Recording, played: Played | undefined): readonly number[] {
  if (played === undefined) return [];
  return during(services.users, played)
    .samples.map(({ ms }) => ms)
    .sort((one, other) => one - other);
}
