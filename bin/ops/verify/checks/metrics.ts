import { circuitAlarmName } from '../../../../lambdas/contract/circuits-config.ts';
import { Metric, type MetricName, SERVICE_DIMENSION } from '../../../../lambdas/contract/metrics.ts';
import type { Aws } from '../aws/aws.ts';
import { type Check, LOCAL_ONLY, type VerifyContext } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../outcome.ts';
import { METRICS_LATENESS, poll } from '../poll.ts';

/** The functions write metrics as log lines, of which CloudWatch makes metrics. */
export const metrics: Check = {
  name: 'metrics in CloudWatch',
  run: async (context) => {
    if (context.aws === undefined) return notTried(LOCAL_ONLY);
    const found = await sourceOf(context, context.aws);
    if ('why' in found) return notTried(found.why);
    const sent = context.reached();
    if (sent === 0) return notTried('no request reached the function');
    const [seen = 0] = await poll(
      context,
      METRICS_LATENESS,
      () => found.sums([Metric.requests]),
      ([sum = 0]) => sum >= sent,
    );
    return judgeMetrics(sent, seen);
  },
};

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

export interface MetricSource {
  sums(names: readonly MetricName[]): Promise<readonly number[]>;
}

/** The alarm of the service names the namespace. */
export async function sourceOf(
  { command, startedAtMs, clock }: VerifyContext,
  { cloudwatch }: Aws,
): Promise<MetricSource | { readonly why: string }> {
  const { service, target } = command;
  const name = circuitAlarmName(target.gateway, service, 'failures');
  const alarm = await cloudwatch.alarm(name);
  if (alarm === undefined || alarm.namespace === '') {
    return { why: `there is no alarm ${name}: the service has no circuit, or name gateway, region and service` };
  }
  const { namespace } = alarm;
  const dimensions = { [SERVICE_DIMENSION]: service };
  return {
    sums: (names) =>
      cloudwatch.sums(
        names.map((metric) => ({ namespace, name: metric, dimensions })),
        startedAtMs,
        clock(),
      ),
  };
}
