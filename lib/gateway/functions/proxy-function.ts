import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import { circuitPartition, rulesPartition } from '../../../lambdas/contract/table.ts';
import type { Foundation } from '../../foundation/foundation.ts';
import { OVERHEAD_ALLOWANCE } from '../props/overhead-allowance.ts';
import { grantPartitions } from './grant-partitions.ts';
import { createFunction } from './node-function.ts';
import { storeEnvironment } from './store-environment.ts';

/** The longest timeout that CDK's integration accepts. API Gateway's own default is 30 s. */
const LONGEST_WRITTEN = Duration.seconds(29);

export interface ProxyFunctionProps {
  readonly foundation: Foundation;
  /** Called again at synthesis, when the last route has been added. */
  readonly policy: () => ServicePolicy;
  readonly memorySize: number;
  readonly maxConcurrency?: number;
  readonly logRetention: RetentionDays;
}

/** The function between the edge and one service's upstream. */
export class ProxyFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;
  /** After which API Gateway gives up; undefined for its own 30 s. */
  readonly integrationTimeout: Duration | undefined;

  constructor(scope: Construct, id: string, props: ProxyFunctionProps) {
    super(scope, id);
    const policy = props.policy();
    const timeout = Duration.millis(policy.timeoutMs + OVERHEAD_ALLOWANCE.toMilliseconds());
    this.integrationTimeout = timeout.toMilliseconds() > LONGEST_WRITTEN.toMilliseconds() ? undefined : timeout;

    const { fn, logGroup } = createFunction(this, 'ProxyFunction', {
      entry: 'proxy',
      description: `Tollgate ${policy.gateway}: proxy of ${policy.service}`,
      environment: storeEnvironment(props.foundation),
      documents: () => ({ service: props.policy() }),
      memorySize: props.memorySize,
      timeout: Duration.seconds(Math.ceil(timeout.toSeconds({ integral: false }))),
      logRetention: props.logRetention,
      network: props.foundation,
      ...(props.maxConcurrency !== undefined && { maxConcurrency: props.maxConcurrency }),
    });
    this.fn = fn;
    this.logGroup = logGroup;
    const { gateway, service, circuit } = policy;
    const { cache, table } = props.foundation;
    cache.grantConnect(fn);
    if (circuit)
      grantPartitions(fn, table, circuitPartition(gateway, service), ['dynamodb:GetItem', 'dynamodb:PutItem']);
    // Read when Redis lost its copy of the rules, and while Redis cannot be asked.
    grantPartitions(fn, table, rulesPartition(gateway), ['dynamodb:Query']);
  }
}
