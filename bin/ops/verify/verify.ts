import { setTimeout as sleep } from 'node:timers/promises';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { OpsError } from '../errors.ts';
import { createAsk } from '../operator-client.ts';
import type { Output } from '../output/output.ts';
import { createAws } from './aws/aws.ts';
import type { Check, VerifyContext } from './check.ts';
import { alarmAction } from './checks/alarm-action.ts';
import { bareRefusal, challenge } from './checks/challenge-sent.ts';
import { limit } from './checks/limit.ts';
import { logBytes } from './checks/log-bytes.ts';
import { metrics } from './checks/metrics-arrive.ts';
import { paths } from './checks/paths.ts';
import { bodyLimits, headerLimit } from './checks/payload-sizes.ts';
import { preflight } from './checks/preflight.ts';
import { redis } from './checks/redis-counts.ts';
import { reports } from './checks/reports.ts';
import { verdictCache } from './checks/verdict-cache.ts';
import { type Credentials, createCredentials } from './credentials.ts';
import { notTried, type Outcome } from './finding.ts';
import { interruption } from './interruption.ts';
import { answerInWords, createProbe, HEALTH_PATH, type Probe } from './probe.ts';
import { publishable } from './publishable.ts';
import type { VerifyCommand } from './verify-command.ts';
import { type Finding, reportJson, reportTable } from './verify-report.ts';

/** Requests come first: their metrics and log lines arrive late. */
const CHECKS: readonly Check[] = [
  challenge,
  bareRefusal,
  preflight,
  headerLimit,
  bodyLimits,
  paths,
  verdictCache,
  limit,
  reports,
  logBytes,
  metrics,
  redis,
  alarmAction,
];

/** @returns the exit code: 1 if something differs or the command was interrupted */
export async function verify(command: VerifyCommand, { out, err }: Output): Promise<0 | 1> {
  const interrupt = interruption();
  const ask = createAsk(command.target);
  const askOnce = createAsk(command.target, { isRepeatable: false });
  const credentials = createCredentials(ask, askOnce, command.token);
  const probe = createProbe(command.url, interrupt.signal);
  const isLocal = command.target.localPort !== undefined;
  const context: VerifyContext = {
    command,
    ...countReached(probe, command.path),
    credentials,
    ask,
    aws: isLocal ? undefined : createAws(command.target.region),
    startedAtMs: Date.now(),
    clock: Date.now,
    pause: (ms) => sleep(ms, undefined, { signal: interrupt.signal }),
  };
  try {
    await checkReachable(probe, command);
    const findings = await findingsOf(CHECKS, context, interrupt.signal, (name) => err(`trying: ${name}`));
    out(command.json ? reportJson(findings) : reportTable(findings));
    return interrupt.signal.aborted || findings.some(({ outcome }) => outcome.result === 'differs') ? 1 : 0;
  } finally {
    probe.close();
    await giveBack(credentials, err);
    interrupt.end();
  }
}

/** Every gateway has this route. If it does not answer, no check can succeed. @throws OpsError */
async function checkReachable(probe: Probe, { target }: VerifyCommand): Promise<void> {
  const isLocal = target.localPort !== undefined;
  const fix = isLocal ? 'give --url as npm start prints it' : 'copy --url from the output that begins with GatewayUrl';
  const answer = await probe({ path: HEALTH_PATH }).catch((cause: Error & { code?: string }) => {
    throw new OpsError(`nothing answers at --url (${cause.code ?? cause.message}): ${fix}`, { cause });
  });
  if (answer.status === 200) return;
  throw new OpsError(`GET ${HEALTH_PATH} at --url must be 200, got ${answerInWords(answer)}: ${fix}`);
}

async function findingsOf(
  checks: readonly Check[],
  context: VerifyContext,
  signal: AbortSignal,
  announce: (name: string) => void,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    if (!signal.aborted) announce(check.name);
    const outcome = signal.aborted ? notTried('interrupted') : await outcomeOf(check, context, signal);
    findings.push({ check: check.name, outcome });
  }
  return findings;
}

/** A check that gets no answer is not tried: only an answer shows what the gateway does. */
async function outcomeOf(check: Check, context: VerifyContext, signal: AbortSignal): Promise<Outcome> {
  try {
    return await check.run(context);
  } catch (error) {
    if (signal.aborted) return notTried('interrupted');
    const { code } = error as { code?: unknown };
    const isExpected = error instanceof OpsError || error instanceof DecodeError || typeof code === 'string';
    if (!isExpected && !(error instanceof Error && error.message.startsWith('no answer'))) throw error;
    return notTried((error as Error).message || String(code));
  }
}

/** Counts the requests to the service that its function answered. */
function countReached(probe: Probe, path: string): Pick<VerifyContext, 'probe' | 'reached'> {
  let reached = 0;
  return {
    probe: async (request) => {
      const answer = await probe(request);
      if (request.path.startsWith(path) && answer.headers['x-request-id'] !== undefined) reached += 1;
      return answer;
    },
    reached: () => reached,
  };
}

async function giveBack(credentials: Credentials, err: Output['err']): Promise<void> {
  const left = await credentials.revokeAll();
  if (left.length > 0)
    err(publishable(`could not be revoked, and end within an hour: ${left.map((id) => `key:${id}`).join(', ')}`));
}
