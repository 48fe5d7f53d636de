import type { OutcomeCounter } from '../../core/circuit/outcome-counter.ts';
import type { RetryBudget } from '../../core/circuit/retry-budget.ts';
import type { Limiter } from '../../core/limits/limiter.ts';

export type Counters = Limiter & OutcomeCounter & RetryBudget;
