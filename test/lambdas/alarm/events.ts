/** A state change of an alarm, as tests vary it. */
export interface ToldChange {
  readonly alarmName: string;
  readonly atMs: number;
  readonly value?: string;
  readonly reason?: string;
  readonly reasonData?: unknown;
  readonly configuration?: unknown;
}

/** `2026-01-01T00:00:00.000+0000` */
export function cloudWatchTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '+0000');
}

/** The JSON text of a state's `reasonData`, of a metric math alarm over 10 s. */
export function reasonDataOf(...recentDatapoints: readonly number[]): string {
  return JSON.stringify({ version: '1.0', period: 10, recentDatapoints, threshold: 0.5 });
}

/** The event of a Lambda alarm action, as CloudWatch's user guide shows it. */
export function actionEvent(told: ToldChange) {
  const { alarmName, atMs } = told;
  return {
    source: 'aws.cloudwatch',
    alarmArn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${alarmName}`,
    accountId: '000000000000',
    time: cloudWatchTime(atMs),
    region: 'us-east-1',
    alarmData: stateChange(told),
  };
}

/** EventBridge's event, as CloudWatch's user guide shows it. */
export function bridgeEvent(told: ToldChange) {
  const { alarmName, atMs } = told;
  return {
    version: '0',
    id: '2dde0eb1-528b-d2d5-9ca6-6d590caf2329',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '000000000000',
    time: new Date(atMs).toISOString().replace(/\.\d+/, ''),
    region: 'us-east-1',
    resources: [`arn:aws:cloudwatch:us-east-1:000000000000:alarm:${alarmName}`],
    detail: stateChange(told),
  };
}

function stateChange({ alarmName, atMs, ...state }: ToldChange) {
  const { value = 'ALARM', reason = CROSSED, reasonData = reasonDataOf(0.625), configuration = CONFIGURATION } = state;
  return {
    alarmName,
    state: { value, reason, ...(reasonData !== null && { reasonData }), timestamp: cloudWatchTime(atMs) },
    previousState: { value: 'OK', reason: '', timestamp: cloudWatchTime(atMs - 60_000) },
    configuration,
  };
}

const CONFIGURATION = {
  metrics: [
    { id: 'expr_1', expression: 'IF(n < 5, 0, IF(share >= 0.5, share, IF(p99 >= 2000, p99, 0)))', returnData: true },
    ...['SampleCount', 'Average', 'p99'].map((stat) => ({
      id: stat,
      metricStat: { period: 10, stat },
      returnData: false,
    })),
  ],
};

export const CROSSED =
  'Threshold Crossed: 1 out of the last 1 datapoints [0.625 (01/01/26 00:00:00)] was greater than or equal to the threshold (0.5) (minimum 1 datapoint for OK -> ALARM transition).';
