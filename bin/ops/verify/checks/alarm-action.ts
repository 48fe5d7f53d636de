import type { CircuitState } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { circuitAlarmName } from '../../../../lambdas/contract/circuit/circuits-config.ts';
import { askFor } from '../../ask-for.ts';
import { awsCheck, type VerifyContext } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { poll } from '../poll.ts';

const REASON = 'ops.ts verify';
const OPENING = { forMs: 90_000, everyMs: 2000 };
/** Ends the forced state if the command dies before it releases the circuit. */
const FORCED_FOR_MS = 60_000;

/** A CloudWatch alarm invokes the circuit function, which opens the circuit. */
export const alarmAction = awsCheck('alarm opens the circuit', async (context) => {
  const { aws, command } = context;
  if (!command.withCircuit) return notTried('it refuses real requests for a moment: give --with-circuit');
  const name = circuitAlarmName(command.target.gateway, command.service, 'failures');
  const before = await circuitOf(context);
  if (before?.state !== 'closed') return notTried(`the circuit is ${before?.state ?? 'unreadable'}, not closed`);
  if ((await aws.cloudwatch.alarm(name)) === undefined) return notTried(`there is no alarm ${name}`);
  const startedAtMs = context.clock();
  try {
    await aws.cloudwatch.setAlarm(name, 'ALARM', REASON);
    const after = await poll(
      context,
      OPENING,
      () => circuitOf(context),
      (circuit) => circuit?.state === 'open',
    );
    return judgeAlarmAction(after, context.clock() - startedAtMs);
  } finally {
    await Promise.all([aws.cloudwatch.setAlarm(name, 'OK', REASON), giveBack(context)]);
  }
});

export function judgeAlarmAction(circuit: CircuitState | null, tookMs: number): Outcome {
  const seconds = `${(tookMs / 1000).toFixed(0)} s`;
  if (circuit?.state === 'open' && circuit.source === 'alarm')
    return holds(`open by the alarm within ${seconds}, closed again`);
  if (circuit?.state === 'open') return notTried(`the circuit was opened by ${circuit.source} meanwhile`);
  return differs(
    `the circuit was still ${circuit?.state ?? 'unreadable'} after ${seconds}`,
    'an alarm opens no circuit, so circuits depend on Redis alone: look at the circuit function, its log and its dead letters',
  );
}

async function circuitOf({ ask, command }: VerifyContext): Promise<CircuitState | null> {
  return (await askFor('circuit', ask, { action: 'get-circuit', service: command.service })).circuit;
}

/** Closes the circuit, and lets it move by itself again. */
async function giveBack({ ask, command }: VerifyContext): Promise<void> {
  const moved = { service: command.service, by: REASON, reason: REASON };
  await askFor('circuit', ask, { action: 'close-circuit', forMs: FORCED_FOR_MS, ...moved });
  await askFor('circuit', ask, { action: 'release-circuit', ...moved });
}
