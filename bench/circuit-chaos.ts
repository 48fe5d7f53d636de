import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Timed } from './circuit-chaos/orders.ts';
import { phases } from './circuit-chaos/phases.ts';
import { play } from './circuit-chaos/play.ts';
import { plotChaos } from './circuit-chaos/plot.ts';
import { during, type Played, type Recording, sentDuring } from './circuit-chaos/recording.ts';
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
  const { payments, users } = CAST;
  printTable(
    `What the circuit does while the upstream of payments is ill by turns: ${loadOf(payments)}`,
    ['upstream', 's', 'asked', 'rejected', 'called', 'probes'],
    recording.phases.map((played) => circuitCells(recording, played)),
  );
  printTable(
    `What users feels beside it (${loadOf(users)}), over the calm part; its upstream asked without the gateway`,
    [
      'upstream of payments',
      'answers',
      'p50 ms',
      'p99 ms',
      'p50 ratio',
      'p99 ratio',
      'p99 ms without',
      'p99 ratio without',
    ],
    recording.phases.map((played) => usersCells(recording, played)),
  );
  await mkdir(dirname(plot), { recursive: true });
  await writeFile(plot, plotChaos(recording));
  progress(`the plot is in ${plot}`);
}

function loadOf({ processes, instances, ratePerS }: Cast): string {
  return `${processes * instances} instances, ${ratePerS} requests a second`;
}

function circuitCells({ services }: Recording, played: Played): readonly Cell[] {
  const { samples } = during(services.payments, played);
  return [
    played.name,
    (played.untilMs - played.fromMs) / 1000,
    samples.length,
    samples.filter(({ rejected }) => rejected).length,
    samples.filter(({ calls }) => calls > 0).length,
    samples.filter(({ probe }) => probe).length,
  ];
}

function usersCells({ phases: [calm], services, direct }: Recording, played: Played): readonly Cell[] {
  if (calm === undefined) return [];
  const of = (sent: readonly Timed[], share: number) => {
    const at = (one: Played) => percentile(msInOrder(sentDuring(sent, one)), share);
    return { ms: at(played), ratio: (at(played) / at(calm)).toFixed(2) };
  };
  const { samples } = services.users;
  const [p50, p99, without] = [of(samples, 0.5), of(samples, 0.99), of(direct, 0.99)];
  const answers = sentDuring(samples, played).length;
  return [played.name, answers, p50.ms, p99.ms, p50.ratio, p99.ratio, without.ms, without.ratio];
}

function msInOrder(sent: readonly Timed[]): readonly number[] {
  return sent.map(({ ms }) => ms).sort((one, other) => one - other);
}
