import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { editedApp } from '../../test/e2e/support/assembly.ts';
import { median } from '../statistics.ts';
import { type Cell, printTable, progress } from '../table.ts';
import { type Evaluated, meetOutage, type Opened, type Outage } from './alarm/outage.ts';

/** No outcome is counted, and no limit stands before the upstream. */
const EDITS = {
  service: (policy: { circuit: { outcomes: boolean }; default: { limits: readonly unknown[] } }) => {
    policy.circuit.outcomes = false;
    policy.default.limits = [];
  },
};

/** How long an alarm takes to open a circuit on the local run: the template's alarms, its circuit function and its table. */
export async function benchAlarm(outages: number, opened: Opened): Promise<void> {
  progress('synthesizing the app …');
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-bench-alarm-'));
  try {
    const assembly = await editedApp(EDITS, dir);
    progress(`alarms: ${outages + 1} gateways …`);
    const atOnce: Outage[] = [];
    for (let outage = 0; outage < outages; outage += 1) atOnce.push(await meetOutage(assembly, 'at once', opened));
    const byTick = await meetOutage(assembly, 'by its tick', opened);
    printTable(
      'An alarm opens the circuit on the local run, ms',
      [
        'the alarm is evaluated',
        'outages',
        'failure to alarm',
        'alarm to open',
        'alarm to first 503',
        'failure to first 503',
      ],
      [cells('at once', atOnce), cells('by its tick', [byTick])],
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function cells(evaluated: Evaluated, outages: readonly Outage[]): readonly Cell[] {
  const of = (figure: keyof Outage) => Math.round(median(outages.map((outage) => outage[figure])));
  const figures = ['failureToAlarm', 'alarmToOpen', 'alarmToRejected', 'failureToRejected'] as const;
  return [evaluated, outages.length, ...figures.map(of)];
}
