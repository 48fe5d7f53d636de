import type { Answered, CircuitView } from '../../adapters/circuit/circuit-view.ts';
import type { CircuitPolicy } from '../../contract/circuit/circuit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import {
  NO_OUTCOMES,
  type OutcomeCounts,
  type OutcomeReport,
  outcomeOf,
  periodOf,
  sumOf,
  tellsHealth,
  tripCause,
} from '../../core/circuit/outcome.ts';
import { OutcomeBatch } from '../../core/circuit/outcome-batch.ts';
import type { OutcomeCounter } from '../../core/circuit/outcome-counter.ts';
import type { AskedCircuit, AttemptOutcome, Forwarded } from '../exchange.ts';

export interface ReportingOptions {
  readonly policy: ServicePolicy;
  readonly circuit: CircuitPolicy;
  readonly view: CircuitView;
  readonly outcomes: OutcomeCounter;
  /** Who reports: the instance. */
  readonly by: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** Tells a circuit what came of the requests that it let through; undefined where there is nothing to wait for. */
export function circuitReports({ policy, circuit, view, outcomes: counter, by, clock }: ReportingOptions) {
  const batch = new OutcomeBatch(circuit.windowMs);
  let current = { version: 0, period: periodOf(policy, 0) };

  function count(version: number, outcomes: OutcomeCounts): Promise<void> | undefined {
    if (version !== current.version) current = { version, period: periodOf(policy, version) };
    const { period } = current;
    const due = batch.add(period, outcomes, clock());
    if (due === undefined) return undefined;
    const counting = counter.record(period, due, circuit.windowMs);
    if (outcomes.failures > 0 || outcomes.slow > 0) return trip(version, period, counting);
    // Nothing good opens a circuit: it is on its way, and nobody needs to wait for its reply.
    void counting.then(({ endedBy, isSteady }) => {
      batch.noteSteady(period, isSteady);
      return view.learn(endedBy);
    });
    return undefined;
  }

  async function trip(version: number, period: string, counting: Promise<OutcomeReport>): Promise<void> {
    const report = await counting;
    // Where the table cannot tell what the others know, the same counts open the circuit here alone.
    if (report.endedBy > 0 && (await view.learn(report.endedBy))) return;
    const cause = tripCause(report, circuit);
    if (cause === undefined) return;
    const signal = { type: 'trip', source: 'outcomes', by, ...cause, atMs: clock(), ofVersion: version } as const;
    const result = await view.signal(signal);
    const end = (answer: Answered | undefined) =>
      answer?.status === 'made' ? counter.endPeriod(period, answer.circuit.version, circuit.windowMs) : undefined;
    if (result.status === 'unanswered') void result.late.then(end);
    else await end(result);
  }

  async function reportProbe(id: string, attempt: AttemptOutcome): Promise<void> {
    if (!tellsHealth(attempt.result)) return void (await view.signal({ type: 'probe-abandoned', id }));
    const { failures, slow } = outcomeOf(attempt.result, attempt.ms, circuit);
    const isGood = failures === 0 && slow === 0;
    const reason = `a probe ${describe(attempt)}`;
    await view.signal(isGood ? { type: 'probe-succeeded', id, by } : { type: 'probe-failed', id, by, reason });
  }

  return ({ state, admission, probe }: AskedCircuit, { attempts }: Forwarded): Promise<void> | undefined => {
    const last = attempts.at(-1);
    if (probe !== undefined && last !== undefined) return reportProbe(probe, last);
    if (state.state !== 'closed' || admission !== 'pass' || !circuit.outcomes) return undefined;
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
