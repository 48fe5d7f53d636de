import { awsCheck } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { groupsOf } from '../log-groups.ts';
import { poll } from '../poll.ts';

const LATENESS = { forMs: 90_000, everyMs: 5000 };
const FILTER = '"REPORT RequestId"';
/** Share of the memory: Lambda ends a function that exceeds its memory. */
const MOST_MEMORY = 0.9;

/** Lambda's report of an invocation, in ms and MB. */
export interface Report {
  readonly durationMs: number;
  readonly billedMs: number;
  readonly memoryMb: number;
  readonly usedMb: number;
  /** Undefined: no cold start. */
  readonly initMs: number | undefined;
}

export const reports = awsCheck('cold start, billed time', async (context) => {
  const { aws, startedAtMs } = context;
  const groups = await groupsOf(context, 'proxy');
  if (groups.length === 0)
    return notTried(`no log group of a proxy function has ${context.command.stack} in its name: give --stack`);
  const read = async () =>
    (await Promise.all(groups.map((group) => aws.logs.lines(group, startedAtMs, FILTER)))).flat();
  const lines = await poll(context, LATENESS, read, (found) => found.length > 0);
  return judgeReports(lines.flatMap((line) => parseReport(line) ?? []));
});

/** `REPORT RequestId: … Duration: 12.34 ms Billed Duration: 13 ms Memory Size: 256 MB Max Memory Used: 90 MB Init Duration: 412 ms` */
export function parseReport(line: string): Report | undefined {
  const value = (name: string) => {
    const [, number] = new RegExp(`(?:^|\\t|  )${name}: ([\\d.]+) `).exec(line) ?? [];
    return number === undefined ? undefined : Number(number);
  };
  const [durationMs, billedMs] = [value('Duration'), value('Billed Duration')];
  const [memoryMb, usedMb] = [value('Memory Size'), value('Max Memory Used')];
  if (durationMs === undefined || billedMs === undefined || memoryMb === undefined || usedMb === undefined)
    return undefined;
  return { durationMs, billedMs, memoryMb, usedMb, initMs: value('Init Duration') };
}

export function judgeReports(found: readonly Report[]): Outcome {
  if (found.length === 0) return notTried('no REPORT line of this run can be read: it may be late');
  const colds = found.flatMap(({ initMs }) => initMs ?? []);
  const warm = found.filter(({ initMs }) => initMs === undefined).map(({ billedMs }) => billedMs);
  const usedMb = Math.max(...found.map((report) => report.usedMb));
  const memoryMb = Math.min(...found.map((report) => report.memoryMb));
  const seen = [
    `${found.length} invocations, ${colds.length} cold${colds.length > 0 ? ` (init ${Math.round(median(colds))} ms, at most ${Math.round(Math.max(...colds))})` : ''}`,
    ...(warm.length > 0 ? [`warm ones billed ${Math.round(median(warm))} ms in the middle`] : []),
    `${usedMb} of ${memoryMb} MB`,
  ].join('; ');
  if (usedMb > memoryMb * MOST_MEMORY) {
    return differs(seen, 'the function has nearly no memory left: give the service a greater memorySize');
  }
  return holds(seen);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
