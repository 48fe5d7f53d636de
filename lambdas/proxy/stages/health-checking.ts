import type { CircuitDecision } from '../exchange.ts';
import type { AskCircuit, CircuitOptions } from './circuit-asking.ts';

/** A health check asks little: an upstream that takes longer than this is not well. */
const LONGEST_CHECK_MS = 2000;
/** Shares of the request's time, for one check and for all of them: the rest is for the request itself. */
const SHARES = { one: 0.25, all: 0.5 };

/**
 * Asks the circuit as `ask` does, with health checks as probes in place of clients' requests. Checks follow each other
 * until the circuit has closed or opened again, for half of the request's time at most.
 *
 * @param path below the path of the upstream's URL
 */
export function healthChecks(ask: AskCircuit, path: string, options: CircuitOptions): () => Promise<CircuitDecision> {
  const { policy, view, upstream, monotonic, by } = options;
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

  return async () => {
    const startedAtMs = monotonic();
    let decision = await ask();
    while (decision.probe !== undefined) {
      const fault = await check();
      const id = decision.probe;
      const result = await view.signal(
        fault === undefined ? { type: 'probe-succeeded', id, by } : { type: 'probe-failed', id, by, reason: fault },
      );
      if (result.status === 'unanswered') return { state: decision.state, action: 'reject' };
      const state = result.circuit;
      // The request whose checks closed the circuit does not wait for the ramp-up as well.
      if (state.state === 'closed') return { state, action: 'pass' };
      // A check with less time would measure the gateway's deadline, not the upstream.
      const isTimeLeft = monotonic() + checkMs <= startedAtMs + allChecksMs;
      if (fault !== undefined || !isTimeLeft) return { state, action: 'reject' };
      decision = await ask();
    }
    return decision;
  };
}
