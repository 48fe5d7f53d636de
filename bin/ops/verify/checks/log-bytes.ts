import { awsCheck } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { groupsOf } from '../log-groups.ts';
import { bodyField } from '../probe.ts';

/** CloudWatch adds these to each line. */
const LINE_OVERHEAD_BYTES = 26;
/** Log bytes of a typical request in docs/cost.md, and the most that its price allows. */
const TYPICAL_BYTES = 1858;
const MOST_BYTES = 2400;

/** Log lines are a part of the cost of a request. */
export const logBytes = awsCheck('log bytes a request', async (context) => {
  const { aws, startedAtMs } = context;
  const groups = await groupsOf(context, 'all');
  const lines = (await Promise.all(groups.map((group) => aws.logs.lines(group, startedAtMs)))).flat();
  return judgeLogBytes(lines);
});

export function judgeLogBytes(lines: readonly string[]): Outcome {
  const requests = lines.filter(isOfRequest).length;
  if (requests === 0) return notTried('no log line of a request of this run can be read');
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + LINE_OVERHEAD_BYTES, 0);
  const each = Math.round(bytes / requests);
  const seen = `${each} bytes over ${requests} requests, all functions and the access log; ${TYPICAL_BYTES} are reckoned with`;
  if (each <= MOST_BYTES) return holds(seen);
  return differs(
    seen,
    'logs cost more than docs/cost.md says: long paths, user agents or names of upstreams. Report it',
  );
}

/** Lines of faults have a request id, too, but no latency. */
function isOfRequest(body: string): boolean {
  return typeof bodyField({ body }, 'request_id') === 'string' && typeof bodyField({ body }, 'latency_ms') === 'number';
}
