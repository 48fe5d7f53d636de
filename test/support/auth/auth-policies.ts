import fc from 'fast-check';
import { type Acceptance, type AuthPolicy, CREDENTIAL_KINDS } from '../../../lambdas/contract/auth/auth-policy.ts';
import { claimPointer } from '../../../lambdas/contract/auth/claim-pointer.ts';
import type { ClaimTest, Scalar } from '../../../lambdas/contract/auth/claim-test.ts';

const texts = fc.array(fc.string(), { maxLength: 3 });
const scalars: fc.Arbitrary<Scalar> = fc.oneof(fc.string(), fc.integer(), fc.boolean());

export const claimPointers: fc.Arbitrary<string> = fc
  .array(fc.string(), { minLength: 1, maxLength: 3 })
  .map(claimPointer);

export const claimTests: fc.Arbitrary<ClaimTest> = fc.oneof(
  fc.record({ claim: claimPointers, op: fc.constantFrom('equals' as const, 'contains' as const), value: scalars }),
  fc.record({ claim: claimPointers, op: fc.constant('oneOf' as const), value: fc.array(scalars, { maxLength: 3 }) }),
  fc.record({ claim: claimPointers, op: fc.constant('matches' as const), value: fc.string() }),
);

const acceptances: fc.Arbitrary<Acceptance> = fc.record({
  kind: fc.constantFrom(...CREDENTIAL_KINDS),
  header: fc.constantFrom(null, 'x-api-key'),
  scopes: texts,
  anyScope: texts,
  roles: texts,
  anyRole: texts,
  claims: fc.array(claimTests, { maxLength: 3 }),
});

/** Policies of every kind. */
export const authPolicies: fc.Arbitrary<AuthPolicy> = fc.oneof(
  fc.constant({ type: 'none' as const }),
  fc.record({
    type: fc.constantFrom('required' as const, 'optional' as const),
    accepts: fc.array(acceptances, { minLength: 1, maxLength: 3 }),
  }),
);
