import type { Upstream } from '../adapters/upstream.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import { type AskingOptions, askCircuit } from './circuit-asking.ts';
import type { AskedCircuit, Exchange } from './exchange.ts';

/** A check is a small question: who is not well enough to answer it by then is not well. */
const LONGEST_CHECK_MS = 2000;
/** Of the request's time, for all checks together: the rest is for the request itself. */
const CHECKS_SHARE = 0.5;

export interface HealthCheckOptions extends AskingOptions {
  readonly policy: ServicePolicy;
  readonly upstream: Upstream;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
}

/**
 * Asks the circuit as `askCircuit` does, but where a probe is wanted the service's health check is one, and no client's
 * request: checks follow each other until the circuit has closed or opened again, for half of the request's time at most.
 */
export function healthChecks(options: HealthCheckOptions, path: string) {
  const { policy, view, upstream, monotonic, by } = options;
  const message = { method: 'GET', target: `${upstream.basePath}${path}`, headers: {}, body: undefined };

  async function check(leftMs: number): Promise<string | undefined> {
    try {
      const { status } = await upstream.send(message, Math.min(leftMs, LONGEST_CHECK_MS), 'own');
      return status >= 200 && status < 400 ? undefined : `GET ${path} was answered ${status}`;
    } catch (error) {
      return `GET ${path} failed: ${(error as Error).message}`;
    }
  }

  return async (exchange: Exchange): Promise<AskedCircuit> => {
    const begunAtMs = monotonic();
    exchange.deadlineAtMs = begunAtMs + policy.timeoutMs;
    const checkedByMs = begunAtMs + policy.timeoutMs * CHECKS_SHARE;
    for (;;) {
      const asked = await askCircuit(options);
      if (asked.probe === undefined) return asked;
      const fault = await check(checkedByMs - monotonic());
      const id = asked.probe;
      const result = await view.signal(
        fault === undefined ? { type: 'probe-succeeded', id, by } : { type: 'probe-failed', id, by, reason: fault },
      );
      const isSpent = fault !== undefined || monotonic() >= checkedByMs || result.status === 'unanswered';
      if (isSpent) return { state: asked.state, admission: 'reject' };
    }
  };
}
