import fc from 'fast-check';
import type { OutcomeCounts } from '../../../lambdas/core/circuit/outcome.ts';

export const GOOD: OutcomeCounts = { total: 1, failures: 0, slow: 0 };
export const FAILED: OutcomeCounts = { total: 1, failures: 1, slow: 0 };
export const SLOW: OutcomeCounts = { total: 1, failures: 0, slow: 1 };

/** What an instance records at once: one request or a few, of which some failed and some were slow. */
export const outcomeCounts: fc.Arbitrary<OutcomeCounts> = fc
  .integer({ min: 1, max: 9 })
  .chain((total) => fc.record({ total: fc.constant(total), failures: fc.nat(total), slow: fc.nat(total) }));
