import type { Check, VerifyContext } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { groupsOf } from '../log-groups.ts';
import { poll } from '../poll.ts';
import { answerInWords, bodyField, type ProbeAnswer } from '../probe.ts';
import { isRefusal, NOT_TAKEN } from '../refusal.ts';

/** CloudWatch shows log lines some seconds late. */
const LATENESS = { forMs: 60_000, everyMs: 3000 };

/**
 * Endings that are sent after the service's path, and their expected readings. Decision 0024: policies are found by the
 * path that API Gateway passes on: decoded, cut at a decoded question mark, decoded again.
 */
const SPELLINGS = [
  { sent: '//double', readings: ['//double', '/double'] },
  { sent: '%2fslash', readings: ['/slash'] },
  { sent: '%3fmark', readings: [''] },
  { sent: '%252ftwice', readings: ['/twice'] },
  // A path that cannot be decoded twice is refused with 400.
  { sent: '%25done', readings: [] },
] as const;

export interface PathReading {
  readonly sent: string;
  readonly answer: Pick<ProbeAnswer, 'status' | 'body'>;
  /** The path that arrived; undefined: unknown. */
  readonly path: string | undefined;
  readonly expected: readonly string[];
}

export const paths: Check = {
  name: 'path readings',
  run: async (context) => {
    const { probe, command, credentials } = context;
    const headers = await credentials.next();
    const readings: PathReading[] = [];
    for (const { sent, readings: expected } of SPELLINGS) {
      const answer = await probe({ path: `${command.path}${sent}`, headers });
      readings.push({ sent, answer, path: await arrived(answer, context), expected });
    }
    return judgePaths(readings, command.path);
  },
};

/** The path is in the function's log line; in the local run, in the demo upstream's answer. */
async function arrived(answer: ProbeAnswer, context: VerifyContext): Promise<string | undefined> {
  const { aws, startedAtMs } = context;
  if (aws === undefined) return pathIn(answer);
  const requestId = answer.headers['x-request-id'];
  // A request that API Gateway itself refuses reaches no function.
  if (typeof requestId !== 'string' || !/^[\w=-]+$/.test(requestId)) return undefined;
  const groups = await groupsOf({ ...context, aws }, 'proxy');
  const read = async () => {
    for (const group of groups) {
      const lines = await aws.logs.lines(group, startedAtMs, `{ $.request_id = "${requestId}" }`);
      const [path] = lines.flatMap((body) => pathIn({ body }) ?? []);
      if (path !== undefined) return path;
    }
    return undefined;
  };
  return poll(context, LATENESS, read, (path) => path !== undefined);
}

function pathIn(answer: Pick<ProbeAnswer, 'body'>): string | undefined {
  const path = bodyField(answer, 'path');
  return typeof path === 'string' ? path : undefined;
}

/** @param base the path before the ending: an upstream may get only the end of it */
export function judgePaths(readings: readonly PathReading[], base: string): Outcome {
  const seen = readings.map((reading) => `${reading.sent} ${inWords(reading, base)}`).join('; ');
  if (readings.some(({ answer }) => isRefusal(answer))) return notTried(`${seen}: ${NOT_TAKEN}`);
  const unknown = readings.filter(({ answer, path }) => answer.status !== 400 && path === undefined);
  const others = readings.filter((reading) => reading.path !== undefined && !isExpected(reading, base));
  if (others.length > 0) {
    return differs(
      seen,
      'API Gateway passes such a path on in another form than published captures show: a policy of a route may be found on another path than the upstream reads. Report it as SECURITY.md says',
    );
  }
  if (unknown.length > 0) return notTried(`${seen}: no log line of these requests can be read`);
  return holds(seen);
}

function inWords({ answer, path }: PathReading, base: string): string {
  if (path !== undefined) return `is read as ${endOf(path, base) || 'nothing'}`;
  return answer.status === 400 ? `is refused with ${answerInWords(answer)}` : `is answered ${answerInWords(answer)}`;
}

function isExpected({ path = '', expected }: PathReading, base: string): boolean {
  return expected.some((reading) => endOf(path, base).toLowerCase() === reading);
}

/** What follows the last segment of the base. */
function endOf(path: string, base: string): string {
  const last = base.slice(base.lastIndexOf('/'));
  const at = path.indexOf(last);
  return at < 0 ? path : path.slice(at + last.length);
}
