import { circuitAlarmName } from '../../../../lambdas/contract/circuit/circuits-config.ts';
import { Metric, type MetricName, SERVICE_DIMENSION } from '../../../../lambdas/contract/metrics.ts';
import { OpsError } from '../../errors.ts';
import { type AwsContext, awsCheck } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { METRICS_LATENESS, poll } from '../poll.ts';

/** The functions write metrics as log lines; CloudWatch turns these into metrics. */
export const metrics = awsCheck('metrics in CloudWatch', async (context) => {
  const sums = await sumsOf(context);
  const sent = context.reached();
  if (sent === 0) return notTried('no request reached the function');
  const [seen = 0] = await poll(
    context,
    METRICS_LATENESS,
    () => sums([Metric.requests]),
    ([sum = 0]) => sum >= sent,
  );
  return judgeMetrics(sent, seen);
});

export function judgeMetrics(sent: number, seen: number): Outcome {
  const text = `${seen} requests counted, ${sent} of them or more from here`;
  if (seen >= sent) return holds(text);
  return differs(
    `${seen} requests counted, ${sent} sent from here`,
    seen === 0
      ? 'CloudWatch makes no metrics of the log lines: alarms, circuits and dashboard see nothing. Look whether the functions log as text'
      : 'metrics are late or some are lost: try again; alarms may see a part only',
  );
}

/** Sums of the service's metrics since the command began. The alarm of the service names the namespace. @throws OpsError */
export async function sumsOf({
  aws: { cloudwatch },
  command: { service, target },
  startedAtMs,
  clock,
}: AwsContext): Promise<(names: readonly MetricName[]) => Promise<readonly number[]>> {
  const alarmName = circuitAlarmName(target.gateway, service, 'failures');
  const { namespace } = (await cloudwatch.alarm(alarmName)) ?? { namespace: '' };
  if (namespace === '') {
    throw new OpsError(
      `there is no alarm ${alarmName}: the service has no circuit, or name gateway, region and service`,
    );
  }
  const dimensions = { [SERVICE_DIMENSION]: service };
  return (names) => {
    const queries = names.map((name) => ({ namespace, name, dimensions }));
    return cloudwatch.sums(queries, startedAtMs, clock());
  };
}
