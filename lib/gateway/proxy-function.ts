import { Duration, Lazy } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Env } from '../../lambdas/contract/environment.ts';
import type { ServicePolicy } from '../../lambdas/contract/policy.ts';
import { circuitPartition, rulesPartition } from '../../lambdas/contract/table.ts';
import type { Foundation } from '../foundation/foundation.ts';
import { checkEnvironmentSize, environmentJson } from './function-environment.ts';
import { grantPartitions } from './grant-partitions.ts';
import { createFunction } from './node-function.ts';
import { OVERHEAD_ALLOWANCE } from './overhead-allowance.ts';
import { policyDocument } from './policy-document.ts';
import { storeEnvironment } from './store-environment.ts';

/** CDK's integration takes no longer timeout, where API Gateway's own, the one it has unless told, is 30 s. */
const LONGEST_WRITTEN = Duration.seconds(29);

export interface ProxyFunctionProps {
  readonly foundation: Foundation;
  /** Called again when a route was added. */
  readonly policy: () => ServicePolicy;
  readonly memorySize: number;
  readonly maxConcurrency?: number;
  readonly logRetention: RetentionDays;
}

/** The function that stands between the edge and one service's upstream. */
export class ProxyFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;
  /** After which API Gateway gives up; undefined for its own 30 s. */
  readonly integrationTimeout: Duration | undefined;
  readonly #policy: () => ServicePolicy;
  readonly #foundation: Foundation;

  constructor(scope: Construct, id: string, props: ProxyFunctionProps) {
    super(scope, id);
    this.#policy = props.policy;
    this.#foundation = props.foundation;
    const policy = props.policy();
    const timeout = Duration.millis(policy.timeoutMs + OVERHEAD_ALLOWANCE.toMilliseconds());
    this.integrationTimeout = timeout.toMilliseconds() > LONGEST_WRITTEN.toMilliseconds() ? undefined : timeout;
    this.checkSize();

    const { fn, logGroup } = createFunction(this, 'ProxyFunction', {
      entry: 'proxy',
      description: `Tollgate ${policy.gateway}: proxy of ${policy.service}`,
      environment: {
        ...this.environment(),
        // Written at synthesis, when the last route has been added.
        [Env.service]: Lazy.string({ produce: () => this.environment()[Env.service] }),
      },
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

  /** @throws InvalidPropError when the policies no longer fit into the function's environment */
  checkSize(): void {
    checkEnvironmentSize(
      this,
      this.environment(),
      'move some of its routes to a service of their own, let one route with a path parameter stand for several, give fewer limits or a shorter fallback',
    );
  }

  private environment(): Record<string, string> {
    return {
      [Env.service]: environmentJson(this, policyDocument(this.#policy())),
      ...storeEnvironment(this.#foundation),
    };
  }
}
