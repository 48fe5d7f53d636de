import { retryAfterS } from '../../core/circuit/circuit-admission.ts';
import { Problem } from '../../core/http/problem.ts';
import type { AskedCircuit, Exchange } from '../exchange.ts';
import { type ProxyRequest, type Stage, stage } from '../stage.ts';
import { type AskingOptions, circuitAsking } from './circuit-asking.ts';
import { circuitReports, type ReportingOptions } from './circuit-reporting.ts';
import { type HealthCheckOptions, healthChecks } from './health-checking.ts';

export interface CircuitBreakingOptions
  extends Omit<AskingOptions, 'timeoutMs' | 'newId'>,
    ReportingOptions,
    Omit<HealthCheckOptions, 'path'> {
  readonly randomHex: (bytes: number) => string;
}

/** Asks the circuit before the request is forwarded, and tells it afterwards what came of it. */
export function circuitBreaking(options: CircuitBreakingOptions): Stage<'message', 'circuit'> {
  const { policy, circuit, view, clock } = options;
  const askCircuit = circuitAsking({ ...options, timeoutMs: policy.timeoutMs, newId: () => options.randomHex(8) });
  // In shadow mode every request passes, and so none waits for a check.
  const healthCheck = circuit.shadow ? null : circuit.healthCheck;
  const ask = healthCheck === null ? askCircuit : healthChecks(askCircuit, { ...options, path: healthCheck });
  const tell = circuitReports(options);

  function obey(exchange: Exchange, asked: AskedCircuit): void {
    const isShadowed = asked.admission === 'reject' && circuit.shadow && asked.state.state !== 'forced-open';
    exchange.circuit = isShadowed ? { ...asked, isShadowed } : asked;
    if (asked.admission !== 'reject' || isShadowed) return;
    if (circuit.fallback) exchange.fallback = circuit.fallback;
    throw rejection(policy.service, asked, clock());
  }

  const report = ({ context: { exchange } }: ProxyRequest) => {
    const { circuit: asked, forwarded } = exchange ?? {};
    const told = asked && forwarded && tell(asked, forwarded);
    return told ? told.then(() => view.settled()) : view.settled();
  };

  return stage({
    needs: ['message'],
    gives: ['circuit'],
    before: (_, exchange) => {
      const asked = ask(exchange);
      return asked instanceof Promise ? asked.then((later) => obey(exchange, later)) : obey(exchange, asked);
    },
    after: report,
    onError: report,
  });
}

/** The stage of a service without a circuit. */
export function noCircuit(): Stage<'message', 'circuit'> {
  return stage({
    needs: ['message'],
    gives: ['circuit'],
    before: (_, exchange) => {
      exchange.circuit = null;
    },
  });
}

function rejection(service: string, { state }: AskedCircuit, nowMs: number): Problem {
  const seconds = retryAfterS(state, nowMs);
  return new Problem('circuit_open', `${service} is unavailable; retry after ${seconds} s`, {
    'retry-after': String(seconds),
  });
}
