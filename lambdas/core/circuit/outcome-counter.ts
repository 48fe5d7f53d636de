import type { OutcomeCounts, OutcomeReport } from './outcome.ts';

/** Counts outcomes of forwarded requests, for all instances together. The one in the pipeline never rejects. */
export interface OutcomeCounter {
  /** Counts outcomes of one period of a circuit: `gateway/service/version`, the version under which it closed. */
  record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport>;
  /** Tells the instances that still record into a period that it is over: the circuit has moved to `version`. */
  endPeriod(period: string, version: number, windowMs: number): Promise<void>;
}
