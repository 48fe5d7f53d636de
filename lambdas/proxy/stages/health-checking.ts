import type { CircuitView } from '../../adapters/circuit/circuit-view.ts';
import type { Upstream } from '../../adapters/http/upstream.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import type { AskedCircuit, Exchange } from '../exchange.ts';
import type { AskCircuit } from './circuit-asking.ts';

/** A check is a small question: who is not well enough to answer it by then is not well. */
const LONGEST_CHECK_MS = 2000;
/** Of the request's time, for one check and for all of them: the rest is for the request itself. */
const SHARES = { one: 0.25, all: 0.5 };

export interface HealthCheckOptions {
  readonly policy: ServicePolicy;
  readonly view: CircuitView;
  readonly upstream: Upstream;
  /** Under the upstream's base. */
  readonly path: string;
  /** Who checks: the instance. */
  readonly by: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
}

/**
 * Asks the circuit as `ask` does, but where a probe is wanted the service's health check is one, and no client's
 * request: checks follow each other until the circuit has closed or opened again, for half of the request's time at most.
 */
export function healthChecks(ask: AskCircuit, options: HealthCheckOptions) {
  const { policy, view, upstream, path, monotonic, by } = options;
  const message = { method: 'GET', target: `${upstream.basePath}${path}`, headers: {}, body: undefined };
  const allChecksMs = policy.timeoutMs * SHARES.all;
  const checkMs = Math.min(policy.timeoutMs * SHARES.one, LONGEST_CHECK_MS);

  async function check(): Promise<string | undefined> {
    try {
      const { status } = await upstream.send(message, checkMs, 'own');
      return status >= 200 && status < 400 ? undefined : `GET ${path} was answered ${status}`;
    } catch (error) {
      return `GET ${path} failed: ${(error as Error).message}`;
    }
  }

  return async (exchange: Exchange): Promise<AskedCircuit> => {
    const begunAtMs = monotonic();
    exchange.deadlineAtMs = begunAtMs + policy.timeoutMs;
    let asked = await ask();
    while (asked.probe !== undefined) {
      const fault = await check();
      const id = asked.probe;
      const result = await view.signal(
        fault === undefined ? { type: 'probe-succeeded', id, by } : { type: 'probe-failed', id, by, reason: fault },
      );
      if (result.status === 'unanswered') return { state: asked.state, admission: 'reject' };
      const state = result.circuit;
      // Whose checks closed it need not wait for the ramp-up as well.
      if (state.state === 'closed') return { state, admission: 'pass' };
      // A check that is cut short would tell of the gateway's hurry, and not of the upstream.
      const isTimeLeft = monotonic() + checkMs <= begunAtMs + allChecksMs;
      if (fault !== undefined || !isTimeLeft) return { state, admission: 'reject' };
      asked = await ask();
    }
    return asked;
  };
}
