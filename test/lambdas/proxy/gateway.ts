import { randomBytes } from 'node:crypto';
import { CircuitStore } from '../../../lambdas/adapters/circuit/circuit-store.ts';
import { CircuitView, type CircuitViewOptions } from '../../../lambdas/adapters/circuit/circuit-view.ts';
import { Upstream } from '../../../lambdas/adapters/http/upstream.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import type { ProxyResult } from '../../../lambdas/proxy/exchange.ts';
import { pipeline } from '../../../lambdas/proxy/pipeline.ts';
import type { StoreEvents } from '../../../lambdas/proxy/pipeline-options.ts';
import { leaseMsOf } from '../../../lambdas/proxy/stages/circuit-asking.ts';
import type { TestTable } from '../../support/aws/dynamodb.ts';
import { TestClock } from '../../support/clock.ts';
import { type Counters, memoryCounters } from '../../support/counters.ts';
import { type EventOptions, lambdaContext, proxyEvent } from '../../support/event.ts';
import { circuitPolicy } from '../../support/policy.ts';

/** One instance of a proxy function: the real pipeline over a real table and a real upstream. */
export interface TestInstance {
  readonly clock: TestClock;
  readonly storeErrors: unknown[];
  send(options?: EventOptions): Promise<ProxyResult>;
  close(): void;
}

export interface InstanceOptions {
  readonly policy: ServicePolicy;
  readonly table: TestTable;
  readonly clock?: TestClock;
  /** @default - in memory */
  readonly counters?: Partial<Counters>;
  readonly waits?: CircuitViewOptions['waits'];
  readonly takeStoreEvents?: () => StoreEvents;
  /** @default - 0, so whoever may pass a circuit passes it */
  readonly random?: () => number;
}

export function createInstance(options: InstanceOptions): TestInstance {
  const { policy, table, clock = new TestClock() } = options;
  const storeErrors: unknown[] = [];
  const upstream = new Upstream(policy.upstream);
  const circuit = new CircuitView({
    store: new CircuitStore(sdkTable(table.client, table.name), policy),
    timing: policy.circuit ?? circuitPolicy(),
    leaseMs: leaseMsOf(policy),
    clock: clock.now,
    random: () => 0,
    // A busy machine must not decide a test.
    waits: options.waits ?? { load: 60_000, read: 60_000, write: 60_000 },
    onTransition: () => undefined,
    onFailure: (error) => storeErrors.push(error),
  });
  const handler = pipeline({
    policy,
    circuit,
    upstream,
    ...memoryCounters(clock.now),
    ...options.counters,
    takeStoreEvents: options.takeStoreEvents ?? (() => ({ errors: storeErrors.length, lost: 0, recovered: 0 })),
    clock: clock.now,
    monotonic: () => performance.now(),
    random: options.random ?? (() => 0),
    by: 'an instance',
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  });
  return {
    clock,
    storeErrors,
    send: async (event = {}) => {
      const result = await handler(proxyEvent(event), lambdaContext());
      if (result === undefined) throw new Error('the pipeline gave no response');
      return result;
    },
    close: () => upstream.close(),
  };
}

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly request_id: string;
  readonly 'violated-policies'?: readonly string[];
}

/** The problem document of a response. */
export function problemOf(result: ProxyResult): ProblemDocument {
  return JSON.parse(result.body ?? '');
}
