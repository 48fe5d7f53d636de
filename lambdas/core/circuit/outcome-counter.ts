import type { OutcomeCounts, OutcomeReport } from './outcome.ts';

/** Counts what became of forwarded requests, for all instances together. It never rejects. */
export interface OutcomeCounter {
  /** Counts outcomes of one period of a circuit: `gateway/service/version`, the version under which it closed. */
  record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport>;
  /** Reports to all who still record outcomes of a period that it is over: the circuit has moved to `version`. */
  endPeriod(period: string, version: number, windowMs: number): Promise<void>;
}
