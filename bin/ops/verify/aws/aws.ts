import { CLOUDWATCH, createAwsCall, LOGS } from './aws-call.ts';
import { type CloudWatch, createCloudWatch } from './cloudwatch.ts';
import { createLogs, type Logs } from './logs.ts';

/** The calls of AWS that the checks need. */
export interface Aws {
  readonly cloudwatch: CloudWatch;
  readonly logs: Logs;
}

export function createAws(region: string | undefined): Aws {
  return {
    cloudwatch: createCloudWatch(createAwsCall(CLOUDWATCH, region)),
    logs: createLogs(createAwsCall(LOGS, region)),
  };
}
