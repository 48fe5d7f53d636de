import { setTimeout as pause } from 'node:timers/promises';
import { circuitAlarmName } from '../../../lambdas/contract/circuit/circuits-config.ts';
import { systemClock } from '../../../local/clock.ts';
import type { LogEvent } from '../../../local/log-event.ts';
import type { RunningGateway } from '../../../local/running-gateway.ts';
import { startGateway } from '../../../local/start-gateway.ts';
import { alarmClock } from '../../../test/e2e/support/alarm-clock.ts';
import { ISSUER_DIR } from '../../../test/e2e/support/assembly.ts';
import { serveControlled } from '../../../test/e2e/support/controlled-upstream.ts';
import { type Answer, send } from '../../../test/e2e/support/http.ts';

const SERVICE = 'orders';
const PERIOD_MS = 10_000;
/** From an answer to the next request of the one client. */
const PAUSE_MS = 20;
/** So many that enough of them lie in one period of the alarm, wherever its border is. */
const FAILURES = 15;
const PATIENCE_MS = 3 * PERIOD_MS;

/** `at once`: the alarms are evaluated as soon as there are failures enough; `by its tick`: when CloudWatch would. */
export type Evaluated = 'at once' | 'by its tick';

/** Told how to stop a gateway, for a run that is interrupted. */
export type Opened = (stop: () => Promise<void>) => void;

/** What followed what, in ms. */
export interface Outage {
  readonly failureToAlarm: number;
  readonly alarmToOpen: number;
  readonly alarmToRejected: number;
  readonly failureToRejected: number;
}

/** A new gateway, whose upstream fails until the circuit is open; nothing but the alarm opens it. */
export async function meetOutage(assemblyDir: string, evaluated: Evaluated, opened: Opened): Promise<Outage> {
  const upstream = await serveControlled();
  const clock = alarmClock();
  const seen: { alarmMs?: number; openMs?: number } = {};
  const gateway = await startGateway({
    assemblyDir,
    port: 0,
    stateDir: ISSUER_DIR,
    upstreams: { [SERVICE]: upstream.url },
    clock: evaluated === 'at once' ? clock : systemClock,
    log: (event) => {
      if (isAlarm(event)) seen.alarmMs ??= performance.now();
      if (isOpening(event)) seen.openMs ??= performance.now();
    },
  });
  opened(() => gateway.close());
  try {
    const call = await caller(gateway);
    const { status } = await call();
    if (status !== 200) throw new Error(`a healthy upstream is answered with ${status}`);
    // At the begin of a period, so that the wait for its end is the longest there is.
    if (evaluated === 'by its tick') await pause(PERIOD_MS - (Date.now() % PERIOD_MS));
    upstream.answer(500);
    const rejection = untilRejected(call);
    if (evaluated === 'at once') {
      await upstream.until(upstream.calls() + FAILURES);
      await clock.fire(gateway, PERIOD_MS);
    }
    const { failedMs, rejectedMs } = await rejection;
    const { alarmMs = Number.NaN, openMs = Number.NaN } = seen;
    return {
      failureToAlarm: alarmMs - failedMs,
      alarmToOpen: openMs - alarmMs,
      alarmToRejected: rejectedMs - alarmMs,
      failureToRejected: rejectedMs - failedMs,
    };
  } finally {
    await Promise.all([gateway.close(), upstream.stop()]);
  }
}

function isAlarm(event: LogEvent): boolean {
  if (event.kind !== 'alarm' || event.change.state.value !== 'ALARM') return false;
  return event.change.alarm.name.endsWith(circuitAlarmName('', SERVICE, 'failures'));
}

function isOpening(event: LogEvent): boolean {
  return event.kind === 'line' && event.line.startsWith('{') && JSON.parse(event.line).message === 'circuit open';
}

async function caller({ url, token }: RunningGateway): Promise<() => Promise<Answer>> {
  const credential = await token({ subject: 'alice' });
  return () => send(url, `/api/${SERVICE}/42`, { token: credential });
}

async function untilRejected(
  call: () => Promise<Answer>,
): Promise<{ readonly failedMs: number; readonly rejectedMs: number }> {
  let failedMs: number | undefined;
  for (const startMs = performance.now(); performance.now() < startMs + PATIENCE_MS; await pause(PAUSE_MS)) {
    const answer = await call();
    const nowMs = performance.now();
    failedMs ??= nowMs;
    if (answer.status === 503 && answer.json().code === 'circuit_open') return { failedMs, rejectedMs: nowMs };
    if (answer.status !== 500) throw new Error(`a failing upstream is answered with ${answer.status}`);
  }
  throw new Error(`the alarm does not open the circuit within ${PATIENCE_MS} ms`);
}
