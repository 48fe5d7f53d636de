import { MemoryCounters } from '../../../lambdas/adapters/memory-counters.ts';
import { Upstream, type UpstreamRequest } from '../../../lambdas/adapters/upstream.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import type { Counters } from '../../../lambdas/core/counters.ts';
import { Problem } from '../../../lambdas/core/problem.ts';
import type { Exchange, Forwarded, ProxyEvent, ProxyResult } from '../../../lambdas/proxy/exchange.ts';
import { forwarding } from '../../../lambdas/proxy/forwarding.ts';
import { lambdaContext } from '../../support/event.ts';

/** What came of a request: the upstream's answer, or what the gateway says in its place. */
export interface Sent {
  readonly result: ProxyResult | Problem;
  readonly forwarded: Forwarded | undefined;
}

/** The last part of the pipeline alone, with a real upstream. */
export interface Forwarder {
  /** @param known what the stages before it found out */
  send(message?: Partial<UpstreamRequest>, known?: Partial<Exchange>): Promise<Sent>;
  close(): void;
}

export interface ForwarderOptions {
  /** @default - counts of its own */
  readonly counters?: Counters;
  /** @default - 0, so no pause before a retry */
  readonly random?: () => number;
}

export function createForwarder(policy: ServicePolicy, options: ForwarderOptions = {}): Forwarder {
  const upstream = new Upstream(policy.upstream);
  const handler = forwarding({
    policy,
    upstream,
    counters: options.counters ?? new MemoryCounters({ clock: Date.now, shared: false }),
    monotonic: () => performance.now(),
    random: options.random ?? (() => 0),
  });
  return {
    send: async (message = {}, known = {}) => {
      const exchange: Exchange = {
        requestId: 'request-1',
        startedAtMs: performance.now(),
        coldStart: false,
        responseHeaders: {},
        message: { method: 'GET', target: '/', headers: {}, body: undefined, ...message },
        ...known,
      };
      const result = await handler({} as ProxyEvent, { ...lambdaContext(), exchange }).catch((thrown) => {
        if (thrown instanceof Problem) return thrown;
        throw thrown;
      });
      return { result, forwarded: exchange.forwarded };
    },
    close: () => upstream.close(),
  };
}
