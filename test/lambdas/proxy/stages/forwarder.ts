import { Upstream, type UpstreamRequest } from '../../../../lambdas/adapters/http/upstream.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { Problem } from '../../../../lambdas/core/http/problem.ts';
import type { Exchange, Forwarded, ProxyEvent, ProxyResult } from '../../../../lambdas/proxy/exchange.ts';
import { forwarding } from '../../../../lambdas/proxy/stages/forwarding.ts';
import type { TestClock } from '../../../support/clock.ts';
import { type Counters, memoryCounters } from '../../../support/counters.ts';
import { lambdaContext } from '../../../support/event.ts';

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
  readonly counters?: Pick<Counters, 'outcomes' | 'retryBudget'>;
  /** @default - 0, so no pause before a retry */
  readonly random?: () => number;
  /** @default - a real one */
  readonly clock?: TestClock;
}

export function createForwarder(policy: ServicePolicy, options: ForwarderOptions = {}): Forwarder {
  const { clock } = options;
  const monotonic = clock?.now ?? (() => performance.now());
  const upstream = new Upstream(policy.upstream);
  const { outcomes, retryBudget } = options.counters ?? memoryCounters();
  const { handle } = forwarding({
    policy,
    upstream,
    outcomes,
    retryBudget,
    monotonic,
    random: options.random ?? (() => 0),
    ...(clock && { sleep: async (ms) => clock.advance(ms) }),
  });
  return {
    send: async (message = {}, known = {}) => {
      const exchange: Exchange = {
        requestId: 'request-1',
        startedAtMs: performance.now(),
        coldStart: false,
        responseHeaders: {},
        circuit: null,
        deadlineAtMs: monotonic() + policy.timeoutMs,
        message: { method: 'GET', target: '/', headers: {}, body: undefined, ...message },
        ...known,
      };
      const result = await handle({} as ProxyEvent, { ...lambdaContext(), exchange }).catch((thrown) => {
        if (thrown instanceof Problem) return thrown;
        throw thrown;
      });
      return { result, forwarded: exchange.forwarded };
    },
    close: () => upstream.close(),
  };
}
