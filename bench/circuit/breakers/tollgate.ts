import { CircuitView, type CircuitViewOptions } from '../../../lambdas/adapters/circuit/circuit-view.ts';
import { Upstream } from '../../../lambdas/adapters/http/upstream.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import { openByShare } from '../../../lambdas/core/circuit/open-strategy.ts';
import type { AttemptResult } from '../../../lambdas/core/circuit/outcome.ts';
import type { OutcomeCounter } from '../../../lambdas/core/circuit/outcome-counter.ts';
import type { Exchange } from '../../../lambdas/proxy/exchange.ts';
import type { ProxyRequest, Stage } from '../../../lambdas/proxy/stage.ts';
import { leaseMsOf } from '../../../lambdas/proxy/stages/circuit-asking.ts';
import { circuitBreaking } from '../../../lambdas/proxy/stages/circuit-breaking.ts';
import { settling } from '../../../lambdas/proxy/stages/settling.ts';
import { circuitPolicy, servicePolicy } from '../../../test/support/policy.ts';
import type { Breaker, BreakerSettings, Work } from '../breaker.ts';
import { OPENS_AT } from '../opens-at.ts';

export interface Stores {
  readonly outcomes: OutcomeCounter;
  readonly store: CircuitViewOptions['store'];
  /** Epoch milliseconds. @default Date.now */
  readonly clock?: () => number;
}

/** The circuit's stage on the way in and the settling one on the way back, or nothing at all. */
type Around = Pick<Stage<'message', 'circuit'>, 'before' | 'after' | 'onError'>;

const MESSAGE = { method: 'GET', target: '/', headers: {}, body: undefined };

/** Longer than healthy stores need: this machine is busy with the calls, and what gives up waiting is not measured. */
const PATIENCE_MS = 10_000;

export function policyOf({ openForMs, service }: BreakerSettings): ServicePolicy {
  const circuit = circuitPolicy({ ...OPENS_AT, openForMs, maxOpenForMs: openForMs });
  return servicePolicy({ gateway: 'bench', service, circuit, cacheTimeoutMs: PATIENCE_MS });
}

/** The circuit's stage of the pipeline around `work`, called as middy calls it, with the view of production. */
export async function tollgate(
  work: Work,
  policy: ServicePolicy,
  { outcomes, store, clock = Date.now }: Stores,
): Promise<Breaker> {
  const { circuit } = policy;
  if (circuit === null) throw new TypeError('the policy has no circuit');
  const view = new CircuitView({
    store,
    timing: circuit,
    leaseMs: leaseMsOf(policy),
    clock,
    random: Math.random,
    waits: { load: PATIENCE_MS, read: PATIENCE_MS, write: PATIENCE_MS },
    onTransition: () => undefined,
    onFailure: fail,
  });
  await view.load();
  const { before } = circuitBreaking({
    policy,
    circuit,
    view,
    outcomes,
    opens: openByShare,
    upstream: new Upstream(policy.upstream),
    by: `bench-${process.pid}`,
    clock,
    monotonic: () => performance.now(),
    random: Math.random,
    randomHex: (bytes) => 'a'.repeat(2 * bytes),
  });
  const { after, onError } = settling([view]);

  return { call: pipeline(work, { before, after, onError } as Around), bare: pipeline(work, {}) };
}

/** Makes requests that go through the stages to the work, as middy runs them: what is no promise is not awaited. */
function pipeline(work: Work, { before, after, onError }: Around) {
  return async (): Promise<unknown> => {
    const exchange: Exchange = {
      requestId: 'request-1',
      startedAtMs: 0,
      coldStart: false,
      message: MESSAGE,
      atEnd: [],
    };
    const request = { context: { exchange } } as unknown as ProxyRequest;
    try {
      const asking: unknown = before?.(request);
      if (asking instanceof Promise) await asking;
      const result = await work();
      Object.assign(exchange, { forwarded: forwarded({ status: 200 }) });
      const settling: unknown = after?.(request);
      if (settling instanceof Promise) await settling;
      return result;
    } catch (error) {
      if (exchange.circuit?.action !== 'reject')
        Object.assign(exchange, { forwarded: forwarded({ error: 'unreachable' }) });
      const settling: unknown = onError?.(request);
      if (settling instanceof Promise) await settling;
      throw error;
    }
  };
}

function forwarded(result: AttemptResult): NonNullable<Exchange['forwarded']> {
  return { upstreamMs: 1, attempts: [{ result, ms: 1 }], failed: 'error' in result };
}

/** A circuit that goes on alone, or counters that fall back to memory, would be measured as if they had stores. */
export function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}
