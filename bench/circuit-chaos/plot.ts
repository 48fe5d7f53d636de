import { percentile } from '../statistics.ts';
import { type Box, COLOURS, document, label, NEUTRAL, px } from '../svg/document.ts';
import { lanes } from '../svg/lanes.ts';
import { overTime } from '../svg/over-time.ts';
import { timeAxis, timeScale } from '../svg/time-axis.ts';
import { byInterval, INTERVAL_MS } from './intervals.ts';
import type { Sample, Timed } from './orders.ts';
import type { Played, Recording } from './recording.ts';
import { stays } from './stays.ts';

const WIDTH = 960;
const HEAD = 64;
const [BLUE, ORANGE, GREEN, PINK] = COLOURS;
const PER_S = 1000 / INTERVAL_MS;

const panel = (y: number, height: number): Box => ({ x: 0, y: HEAD + y, width: WIDTH, height });
const PANELS = {
  requests: panel(0, 150),
  calls: panel(190, 150),
  latency: panel(380, 150),
  state: panel(570, 130),
};
const HEIGHT = PANELS.state.y + PANELS.state.height + 24;

/** Four panels over the same time: what was asked and rejected, the upstream's calls, the other service, the circuit. */
export function plotChaos({ phases, services, direct }: Recording): string {
  const [fromMs, untilMs] = [phases[0]?.fromMs ?? 0, phases.at(-1)?.untilMs ?? 0];
  const untilS = (untilMs - fromMs) / 1000;
  const payments = byInterval(services.payments.samples, fromMs, untilMs);
  const users = byInterval(services.users.samples, fromMs, untilMs).map(msInOrder);
  const directly = byInterval(direct, fromMs, untilMs).map(msInOrder);
  const time = { intervalS: INTERVAL_MS / 1000, untilS };
  const title = 'A circuit of the whole fleet, while its upstream is well, dead, slow and flapping by turns';
  return document(title, WIDTH, HEIGHT, [
    label(0, 10, title, { bold: true }),
    ...phases.map((phase, index) => backdrop(phase, fromMs, untilS, index % 2 === 1)),
    overTime(PANELS.requests, {
      ...time,
      title: 'payments: requests a second',
      series: [
        { name: 'asked', colour: BLUE, as: 'line', values: rates(payments, () => 1) },
        { name: 'rejected', colour: ORANGE, as: 'area', values: rates(payments, ({ rejected }) => Number(rejected)) },
      ],
    }),
    overTime(PANELS.calls, {
      ...time,
      title: 'payments: calls of the upstream a second',
      series: [
        { name: 'all', colour: GREEN, as: 'line', values: rates(payments, ({ calls }) => calls) },
        { name: 'failed', colour: ORANGE, as: 'area', values: rates(payments, failedCalls) },
      ],
    }),
    overTime(PANELS.latency, {
      ...time,
      title: 'users, the service beside it: ms of an answer',
      series: [
        { name: 'slowest within 100 ms', colour: PINK, as: 'area', values: users.map((ms) => ms.at(-1)) },
        { name: 'the same without the gateway', colour: NEUTRAL, as: 'line', values: directly.map((ms) => ms.at(-1)) },
        { name: 'median', colour: BLUE, as: 'line', values: users.map(medianOf) },
      ],
    }),
    lanes(PANELS.state, {
      title: 'payments: state of the circuit, by its history in the table',
      lanes: [
        { name: 'closed', colour: GREEN },
        { name: 'ramping up', colour: BLUE },
        { name: 'half-open', colour: PINK },
        { name: 'open', colour: ORANGE },
      ],
      stays: stays(services.payments.history, fromMs, untilMs),
      untilS,
    }),
    ...Object.values(PANELS).map((box) => timeAxis(box, untilS)),
  ]);
}

/** Behind all panels, so that it is seen in each what the upstream does. */
function backdrop({ name, fromMs, untilMs }: Played, beginMs: number, untilS: number, ill: boolean): string {
  const across = timeScale(PANELS.state, untilS);
  const [left, right] = [(fromMs - beginMs) / 1000, (untilMs - beginMs) / 1000].map(across) as [number, number];
  const [top, bottom] = [24, PANELS.state.y + PANELS.state.height];
  const shade = `<rect x="${px(left)}" y="${top}" width="${px(right - left)}" height="${bottom - top}" fill="#f0f0f0"/>`;
  return [...(ill ? [shade] : []), label((left + right) / 2, top + 16, name, { anchor: 'middle', bold: ill })].join(
    '\n',
  );
}

function rates(intervals: readonly (readonly Sample[])[], count: (sample: Sample) => number): readonly number[] {
  return intervals.map((samples) => PER_S * samples.map(count).reduce((sum, one) => sum + one, 0));
}

function failedCalls({ calls, status }: Sample): number {
  return status >= 500 ? calls : 0;
}

function msInOrder(samples: readonly Timed[]): readonly number[] {
  return samples.map(({ ms }) => ms).sort((one, other) => one - other);
}

function medianOf(sorted: readonly number[]): number | undefined {
  return sorted.length === 0 ? undefined : percentile(sorted, 0.5);
}
