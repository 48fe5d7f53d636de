import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { CircuitAlarm } from './circuit-alarm.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitAlarmContext } from './share-alarm.ts';
import { ThrottleAlarm } from './throttle-alarm.ts';

export interface ServiceAlarmsProps extends CircuitAlarmContext {
  readonly namespace: string;
  readonly breaker: CircuitBreaker;
  readonly proxyFunction: IFunction;
}

/** All alarms that open a service's circuit. */
export interface ServiceAlarms {
  /** Undefined for a service without a circuit. */
  readonly circuitAlarm: CircuitAlarm | undefined;
  /** Undefined unless the service's circuit opens when Lambda throttles its proxy function. */
  readonly throttleAlarm: ThrottleAlarm | undefined;
}

export function createServiceAlarms(scope: Construct, props: ServiceAlarmsProps): ServiceAlarms {
  const { namespace, breaker, proxyFunction, ...context } = props;
  const { policy, throttleShare } = breaker;
  if (policy === null) return { circuitAlarm: undefined, throttleAlarm: undefined };
  const { minRequests } = policy;
  return {
    circuitAlarm: new CircuitAlarm(scope, 'Failures', { ...context, namespace, policy }),
    throttleAlarm:
      throttleShare === null
        ? undefined
        : new ThrottleAlarm(scope, 'Throttles', { ...context, proxyFunction, share: throttleShare, minRequests }),
  };
}
