import { retryAfterS } from '../../core/circuit/circuit-action.ts';
import { Problem } from '../../core/http/problem.ts';
import type { CircuitDecision } from '../exchange.ts';
import type { PipelineOptions } from '../pipeline-options.ts';
import { type Stage, stage } from '../stage.ts';
import { type CircuitOptions, circuitAsking } from './circuit-asking.ts';
import { circuitReports } from './circuit-reporting.ts';
import { healthChecks } from './health-checking.ts';

type CircuitStage = Stage<'message' | 'atEnd', 'circuit' | 'deadlineAtMs'>;

/** Asks the circuit before the request is forwarded, and reports the outcome to it afterwards. */
export function circuitBreaking(options: CircuitOptions): CircuitStage {
  const { policy, circuit, clock, monotonic } = options;
  const askCircuit = circuitAsking(options);
  // In shadow mode every request passes, so none waits for a check.
  const healthCheck = circuit.shadow ? null : circuit.healthCheck;
  const ask = healthCheck === null ? askCircuit : healthChecks(askCircuit, healthCheck, options);
  const report = circuitReports(options);

  const shadowed = (decision: CircuitDecision): CircuitDecision =>
    circuit.shadow && decision.action === 'reject' && decision.state.state !== 'forced-open'
      ? { ...decision, isShadowed: true }
      : decision;

  return stage({
    needs: ['message', 'atEnd'],
    gives: ['circuit', 'deadlineAtMs'],
    before: (_, { atEnd }) => {
      const askedAtMs = monotonic();
      const give = (decision: CircuitDecision) => {
        atEnd.push((forwarded) => forwarded && report(decision, forwarded));
        // Health checks are calls to the upstream, and take from the request's time.
        const startedAtMs = healthCheck === null ? monotonic() : askedAtMs;
        return { circuit: shadowed(decision), deadlineAtMs: startedAtMs + policy.timeoutMs };
      };
      const decision = ask();
      return decision instanceof Promise ? decision.then(give) : give(decision);
    },
    refusal: ({ circuit: decision }) =>
      decision?.action === 'reject' && !decision.isShadowed ? rejection(policy.service, decision, clock()) : undefined,
  });
}

/** The stage of a service without a circuit. */
export function noCircuit({ policy, monotonic }: Pick<PipelineOptions, 'policy' | 'monotonic'>): CircuitStage {
  return stage({
    needs: ['message'],
    gives: ['circuit', 'deadlineAtMs'],
    before: () => ({ circuit: null, deadlineAtMs: monotonic() + policy.timeoutMs }),
  });
}

function rejection(service: string, { state }: CircuitDecision, nowMs: number): Problem {
  const seconds = retryAfterS(state, nowMs);
  return new Problem('circuit_open', `${service} is unavailable; retry after ${seconds} s`, {
    'retry-after': String(seconds),
  });
}
