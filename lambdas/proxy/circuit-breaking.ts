import type { CircuitView } from '../adapters/circuit-view.ts';
import type { Upstream } from '../adapters/upstream.ts';
import type { CircuitPolicy } from '../contract/circuit-policy.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import { retryAfterS } from '../core/circuit-admission.ts';
import type { Counters } from '../core/counters.ts';
import { Problem } from '../core/problem.ts';
import { circuitAsking } from './circuit-asking.ts';
import { circuitReports } from './circuit-reporting.ts';
import type { AskedCircuit, Exchange, Stage } from './exchange.ts';
import { healthChecks } from './health-checking.ts';

export interface CircuitBreakingOptions {
  readonly policy: ServicePolicy;
  readonly circuit: CircuitPolicy;
  readonly view: CircuitView;
  readonly counters: Counters;
  readonly upstream: Upstream;
  /** Names this environment in what is told of a circuit. */
  readonly by: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** 0 <= x < 1. */
  readonly random: () => number;
  readonly randomHex: (bytes: number) => string;
}

/** Asks the circuit before the request is forwarded, and tells it afterwards what came of it. */
export function circuitBreaking(options: CircuitBreakingOptions): Stage {
  const { policy, circuit, view, clock } = options;
  const askCircuit = circuitAsking({ ...options, timeoutMs: policy.timeoutMs, newId: () => options.randomHex(8) });
  // In shadow mode every request passes, and so none waits for a check.
  const { healthCheck } = circuit.shadow ? { healthCheck: null } : circuit;
  const ask = healthCheck === null ? askCircuit : healthChecks(askCircuit, { ...options, path: healthCheck });
  const tell = circuitReports(options);

  function obey(exchange: Exchange, asked: AskedCircuit): void {
    const isShadowed = asked.admission === 'reject' && circuit.shadow && asked.state.state !== 'forced-open';
    exchange.circuit = isShadowed ? { ...asked, isShadowed } : asked;
    if (asked.admission !== 'reject' || isShadowed) return;
    if (circuit.fallback) exchange.fallback = circuit.fallback;
    throw rejection(policy.service, asked, clock());
  }

  const report = ({ context: { exchange } }: { context: { exchange: Exchange } }) => {
    const { circuit: asked, forwarded } = exchange;
    const told = asked && forwarded && tell(asked, forwarded);
    return told ? told.then(() => view.settled()) : view.settled();
  };

  return {
    before: ({ context: { exchange } }) => {
      const asked = ask(exchange);
      return asked instanceof Promise ? asked.then((later) => obey(exchange, later)) : obey(exchange, asked);
    },
    after: report,
    onError: report,
  };
}

function rejection(service: string, { state }: AskedCircuit, nowMs: number): Problem {
  const seconds = retryAfterS(state, nowMs);
  return new Problem('circuit_open', `${service} is unavailable; retry after ${seconds} s`, {
    'retry-after': String(seconds),
  });
}
