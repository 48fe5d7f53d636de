import { type ClaimPath, claimPointer } from '../../../lambdas/contract/auth/claim-pointer.ts';
import type { ClaimTest, Scalar } from '../../../lambdas/contract/auth/claim-test.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { checkKind, type Kind, text } from '../props/check-props.ts';
import { CLAIM_PATH } from './claim-path.ts';

/** A longer text in a token is ignored, so no test of it could pass. */
const MAX_TEXT_LENGTH = 1024;
const MAX_PATTERN_LENGTH = 256;

const SCALAR: Kind = {
  is: isScalar,
  rule: `a text of at most ${MAX_TEXT_LENGTH} characters, a finite number or a boolean`,
  fix: "write one like 'access'; the text '1' is no number 1",
};
const SCALARS: Kind = {
  is: (value) => Array.isArray(value) && value.length > 0 && value.every(isScalar),
  rule: 'a list of texts, numbers and booleans, one at least',
  fix: "write one like ['web', 'mobile']",
};

/**
 * A test of a credential's claim. The claim is given by its name, which may hold dots and slashes, or by the names on the
 * way to it: `['realm_access', 'roles']`. A missing claim passes no test.
 */
export class Claim {
  /** Is this text, number or boolean. */
  static equals(path: ClaimPath, value: Scalar): Claim {
    checkKind('the value of a claim', value, SCALAR);
    return new Claim({ claim: pointerOf(path), op: 'equals', value });
  }

  /** Is an array with this among its items. */
  static contains(path: ClaimPath, value: Scalar): Claim {
    checkKind('the value of a claim', value, SCALAR);
    return new Claim({ claim: pointerOf(path), op: 'contains', value });
  }

  /** Is one of these. */
  static oneOf(path: ClaimPath, values: readonly Scalar[]): Claim {
    checkKind('the values of a claim', values, SCALARS);
    return new Claim({ claim: pointerOf(path), op: 'oneOf', value: [...new Set(values)] });
  }

  /** Is a text like this pattern of at most 256 characters: `*` matches any characters, `?` one. */
  static matches(path: ClaimPath, pattern: string): Claim {
    checkKind('the pattern of a claim', pattern, text('*@example.com'));
    if (pattern === '' || pattern.length > MAX_PATTERN_LENGTH || !pattern.isWellFormed()) {
      throw new InvalidPropError(
        `the pattern of a claim must be 1 to ${MAX_PATTERN_LENGTH} characters, got ${pattern.length}: write one like '*@example.com', with * for any characters and ? for one`,
      );
    }
    return new Claim({ claim: pointerOf(path), op: 'matches', value: pattern });
  }

  readonly #test: ClaimTest;

  private constructor(test: ClaimTest) {
    this.#test = test;
  }

  /** As the functions read it. */
  get test(): ClaimTest {
    return this.#test;
  }
}

export const CLAIMS: Kind = {
  is: (value) => Array.isArray(value) && value.every((one) => one instanceof Claim),
  rule: 'an array of Claims',
  fix: "write one like [Claim.equals('token_use', 'access')]",
};

function pointerOf(path: ClaimPath) {
  checkKind('a claim', path, CLAIM_PATH);
  return claimPointer(path);
}

function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'string') return value.length <= MAX_TEXT_LENGTH && value.isWellFormed();
  return typeof value === 'boolean' || Number.isFinite(value);
}
