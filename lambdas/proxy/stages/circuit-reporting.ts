import type { Answered } from '../../adapters/circuit/circuit-view.ts';
import {
  isHealthSignal,
  NO_OUTCOMES,
  type OutcomeCounts,
  type OutcomeReport,
  outcomeOf,
  periodOf,
  sumOf,
} from '../../core/circuit/outcome.ts';
import { OutcomeBatch } from '../../core/circuit/outcome-batch.ts';
import type { AttemptOutcome, CircuitDecision, Forwarded } from '../exchange.ts';
import type { CircuitOptions } from './circuit-asking.ts';

/** Reports outcomes to the circuit. The function returns undefined where the reply need not wait. */
export function circuitReports({ policy, circuit, view, outcomes: counter, opens, by, clock }: CircuitOptions) {
  const batch = new OutcomeBatch(circuit.windowMs);
  let current = { version: 0, period: periodOf(policy, 0) };

  function count(version: number, outcomes: OutcomeCounts): Promise<void> | undefined {
    if (version !== current.version) current = { version, period: periodOf(policy, version) };
    const { period } = current;
    const due = batch.add(period, outcomes, clock());
    if (due === undefined) return undefined;
    const counting = counter.record(period, due, circuit.windowMs);
    if (outcomes.failures > 0 || outcomes.slow > 0) return trip(version, period, counting);
    // Good outcomes open no circuit: the call has left, and the reply need not wait for its answer.
    void counting.then(({ endedBy, isSteady }) => {
      batch.noteSteady(period, isSteady);
      return view.catchUp(endedBy);
    });
    return undefined;
  }

  async function trip(version: number, period: string, counting: Promise<OutcomeReport>): Promise<void> {
    const report = await counting;
    // If the table does not show what another instance did, the same counts open the circuit for this instance alone.
    if (report.endedBy > 0 && (await view.catchUp(report.endedBy))) return;
    const cause = opens(report, circuit);
    if (cause === undefined) return;
    const signal = { type: 'trip', source: 'outcomes', by, ...cause, atMs: clock(), ofVersion: version } as const;
    const result = await view.signal(signal);
    const end = (answer: Answered | undefined) =>
      answer?.status === 'made' ? counter.endPeriod(period, answer.circuit.version, circuit.windowMs) : undefined;
    if (result.status === 'unanswered') void result.late.then(end);
    else await end(result);
  }

  async function reportProbe(id: string, attempt: AttemptOutcome): Promise<void> {
    if (!isHealthSignal(attempt.result)) return void (await view.signal({ type: 'probe-abandoned', id }));
    const { failures, slow } = outcomeOf(attempt.result, attempt.ms, circuit);
    const isGood = failures === 0 && slow === 0;
    const reason = `a probe ${describe(attempt)}`;
    await view.signal(isGood ? { type: 'probe-succeeded', id, by } : { type: 'probe-failed', id, by, reason });
  }

  return ({ state, action, probe }: CircuitDecision, { attempts }: Forwarded): Promise<void> | undefined => {
    const last = attempts.at(-1);
    if (probe !== undefined && last !== undefined) return reportProbe(probe, last);
    if (state.state !== 'closed' || action !== 'pass' || !circuit.outcomes) return undefined;
    let outcomes = NO_OUTCOMES;
    for (const { result, ms } of attempts) outcomes = sumOf(outcomes, outcomeOf(result, ms, circuit));
    if (outcomes.total === 0) return undefined;
    return count(state.version, outcomes);
  };
}

function describe({ result, ms }: AttemptOutcome): string {
  const how = 'status' in result ? `was answered ${result.status}` : `ended in ${result.error}`;
  return `${how} after ${Math.round(ms)} ms`;
}
