import type { OutcomeReport } from '../../../../lambdas/core/circuit/outcome.ts';
import type { OutcomeCounter } from '../../../../lambdas/core/circuit/outcome-counter.ts';
import type { RetryBudget } from '../../../../lambdas/core/circuit/retry-budget.ts';
import type { Decision } from '../../../../lambdas/core/limits/decision.ts';
import { sizeOf } from '../../../../lambdas/core/limits/kinds/kind-table.ts';
import type { CountedLimit, Limiter, LimitRequest, LimitResult } from '../../../../lambdas/core/limits/limiter.ts';
import type { Counters } from '../../../support/counters.ts';

/** What a test says of one limit; the rest is as if half of it were left. */
export type Said = Partial<Omit<Decision, 'policy'>>;

type Call = keyof (Limiter & OutcomeCounter);

/** Answers as the test says, in all three roles, and remembers the calls. */
export class ScriptedCounters implements Counters, Limiter, OutcomeCounter, RetryBudget {
  readonly limiter = this;
  readonly outcomes = this;
  readonly retryBudget = this;
  readonly asked: LimitRequest[] = [];
  /** `decide`, `release`, `record`, each with the turn of the event loop in which it was called. */
  readonly calls: { readonly name: Call; readonly turn: number }[] = [];
  outcome: LimitResult['outcome'] = 'allowed';
  /** By the name of the limit. */
  said: Readonly<Record<string, Said>> = {};
  /** What becomes of a call of `release`. */
  releasing: () => Promise<void> = async () => undefined;
  #turn = 0;
  #turning = false;

  async decide(request: LimitRequest): Promise<LimitResult> {
    this.#note('decide');
    this.asked.push(request);
    const decisions = this.outcome === 'revoked' ? [] : request.limits.map((limit) => this.#decision(limit));
    return { outcome: this.outcome, decisions };
  }

  settled(): Promise<void> | undefined {
    return undefined;
  }

  release(): Promise<void> {
    this.#note('release');
    return this.releasing();
  }

  async record(): Promise<OutcomeReport> {
    this.#note('record');
    // The answer of a real store comes in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    return { total: 1, failures: 0, slow: 0, endedBy: 0, isSteady: false };
  }

  async endPeriod(): Promise<void> {}

  async takeRetry(): Promise<boolean> {
    return true;
  }

  #decision({ policy }: CountedLimit): Decision {
    const limit = sizeOf(policy);
    const usual = {
      allowed: true,
      limit,
      remaining: Math.floor(limit / 2),
      resetMs: 30_000,
      counted: 'together',
    } as const;
    return { policy, ...usual, ...this.said[policy.name] };
  }

  #note(name: Call): void {
    this.calls.push({ name, turn: this.#turn });
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      this.#turn += 1;
    });
  }
}
