import type { CircuitView } from '../adapters/circuit-view.ts';
import type { CircuitPolicy, ServicePolicy } from '../contract/policy.ts';
import { admit, type CircuitState, retryAfterS } from '../core/circuit.ts';
import type { Counters } from '../core/counters.ts';
import { tripReason } from '../core/outcome.ts';
import { Problem } from '../core/problem.ts';
import type { Exchange, Stage } from './exchange.ts';

/** What a probe's lease lasts longer than the upstream's deadline: the time to report. */
const LEASE_MARGIN_MS = 5000;

/** Asks the circuit before the request is forwarded, and tells it afterwards what came of it. */
export function circuitBreaking(
  policy: ServicePolicy,
  limits: CircuitPolicy,
  view: CircuitView,
  counters: Counters,
  clock: () => number,
): Stage {
  async function report({ context: { exchange } }: { context: { exchange: Exchange } }): Promise<void> {
    const { circuit: asked, forwarded } = exchange;
    if (asked === undefined || forwarded === undefined) return;
    if (asked.admission === 'probe') await reportProbe(asked.state, forwarded.failed);
    else if (asked.state.state === 'closed' && limits.outcomes) await count(asked.state, forwarded.failed);
  }

  async function reportProbe(held: CircuitState, failed: boolean): Promise<void> {
    await view.signal(
      held,
      failed ? { type: 'probe-failed', reason: 'the probe failed' } : { type: 'probe-succeeded' },
    );
  }

  /** A closed circuit has its own counts: its version is in their name, so that old failures cannot reopen it. */
  async function count(closed: CircuitState, failed: boolean): Promise<void> {
    const name = `${policy.gateway}/${policy.service}/${closed.version}`;
    const counting = counters.record(name, failed, limits.windowMs);
    // Only a failure can open the circuit; a success is on its way, and nobody needs to wait for its reply.
    if (!failed) return;
    const reason = tripReason(await counting, limits);
    if (reason !== undefined) await view.signal(closed, { type: 'trip', source: 'outcomes', reason, atMs: clock() });
  }

  return {
    before: async ({ context: { exchange } }) => {
      exchange.circuit = await ask(view, policy, clock);
      if (exchange.circuit.admission !== 'reject') return;
      const seconds = retryAfterS(exchange.circuit.state, clock());
      throw new Problem('circuit_open', `${policy.service} is unavailable; retry after ${seconds} s`, {
        'retry-after': String(seconds),
      });
    },
    after: report,
    onError: report,
  };
}

async function ask(
  view: CircuitView,
  { timeoutMs }: ServicePolicy,
  clock: () => number,
): Promise<NonNullable<Exchange['circuit']>> {
  const state = await view.current();
  const admission = admit(state, clock());
  if (admission !== 'probe') return { state, admission };
  const result = await view.signal(state, { type: 'probe-started', leaseMs: timeoutMs + LEASE_MARGIN_MS });
  switch (result.status) {
    case 'made':
      return { state: result.circuit, admission: 'probe' };
    case 'unanswered':
      // The table may be slow for all at once: whoever passes without an answer makes the one probe many.
      return { state, admission: 'reject' };
    case 'unavailable':
      // Nobody can be asked, and the time to stay open is over: better a request than an upstream shut out for ever.
      return { state, admission: 'pass' };
    case 'lost': {
      const winners = await view.current();
      return { state: winners, admission: admit(winners, clock()) === 'pass' ? 'pass' : 'reject' };
    }
  }
}
