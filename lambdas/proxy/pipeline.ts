import middy from '@middy/core';
import type { CircuitView } from '../adapters/circuit-view.ts';
import type { Upstream } from '../adapters/upstream.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import type { Counters } from '../core/counters.ts';
import { accessLog } from './access-log.ts';
import { answers } from './answers.ts';
import { authentication } from './authentication.ts';
import { circuitBreaking } from './circuit-breaking.ts';
import type { ProxyContext, ProxyEvent, ProxyResult } from './exchange.ts';
import { forwarding } from './forwarding.ts';
import { rateLimiting } from './rate-limiting.ts';
import { routing } from './routing.ts';

export interface PipelineOptions {
  readonly policy: ServicePolicy;
  readonly counters: Counters;
  readonly circuit: CircuitView;
  readonly upstream: Upstream;
  readonly takeStoreErrors: () => number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  readonly randomHex: (bytes: number) => string;
}

/**
 * The way of one request, top to bottom; the answer goes back bottom to top. A stage that refuses throws a `Problem`,
 * which `answers` turns into a response.
 */
export function pipeline(options: PipelineOptions) {
  const { policy, counters, circuit, clock } = options;
  // middy's own early timeout would cost a timer a request; the upstream's deadline ends well before the function's.
  return middy<ProxyEvent, ProxyResult, unknown, ProxyContext>({ timeoutEarlyInMillis: 0 })
    .use(accessLog(options))
    .use(answers())
    .use(routing(policy))
    .use(authentication())
    .use(rateLimiting(policy, counters, clock))
    .use(circuitBreaking(policy, circuit, counters, clock))
    .handler(forwarding(options));
}
