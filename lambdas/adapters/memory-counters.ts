import type { RateLimitPolicy } from '../contract/policy.ts';
import type { Counters } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import type { OutcomeCounts } from '../core/outcome.ts';
import { OutcomeWindow } from '../core/outcome-window.ts';
import { SlidingWindow } from '../core/sliding-window.ts';

/** Subjects that are remembered; beyond that the one unseen for longest is forgotten. */
const MAX_SUBJECTS = 10_000;

/** Counts in this process alone: what a function falls back to without Redis. */
export class MemoryCounters implements Counters {
  readonly #clock: () => number;
  readonly #windows = new Map<string, SlidingWindow>();
  readonly #outcomes = new Map<string, OutcomeWindow>();

  /** @param clock epoch milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  async decide(subject: string, policy: RateLimitPolicy): Promise<Decision> {
    const key = `${policy.limit}:${policy.windowMs}:${subject}`;
    return recall(this.#windows, key, () => new SlidingWindow(policy)).decide(this.#clock());
  }

  async record(circuit: string, failed: boolean, windowMs: number): Promise<OutcomeCounts> {
    return recall(this.#outcomes, circuit, () => new OutcomeWindow(windowMs)).record(failed, this.#clock());
  }
}

/** The map's value for `key`, made if missing, and moved to the end: a Map's order is its order of use. */
function recall<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_SUBJECTS) map.delete(map.keys().next().value as string);
  return value;
}
