import { describe, expect, it } from 'vitest';
import { MAX_REMEMBERED, REMEMBERED_MS, VerifiedTokens } from '../../../lambdas/authorizer/verified-tokens.ts';
import { ALICE } from '../../support/event.ts';

describe('a verified token', () => {
  it('is remembered for a while and then forgotten', () => {
    const tokens = new VerifiedTokens();
    tokens.remember('a', ALICE, Number.POSITIVE_INFINITY, 1000);
    expect(tokens.verdictOf('a', 1000 + REMEMBERED_MS - 1)).toEqual(ALICE);
    expect(tokens.verdictOf('a', 1000 + REMEMBERED_MS)).toBeUndefined();
    expect(tokens.verdictOf('a', 1000)).toBeUndefined();
  });

  it('is forgotten when it expires', () => {
    const tokens = new VerifiedTokens();
    tokens.remember('a', ALICE, 5000, 1000);
    expect(tokens.verdictOf('a', 4999)).toEqual(ALICE);
    expect(tokens.verdictOf('a', 5000)).toBeUndefined();
  });

  it('answers for itself alone', () => {
    const tokens = new VerifiedTokens();
    tokens.remember('a', ALICE, 5000, 1000);
    expect(tokens.verdictOf('b', 1000)).toBeUndefined();
  });

  it('makes room for newer ones', () => {
    const tokens = new VerifiedTokens();
    for (let index = 0; index <= MAX_REMEMBERED; index += 1) tokens.remember(`${index}`, ALICE, 5000, 1000);
    expect(tokens.verdictOf('0', 1000)).toBeUndefined();
    expect(tokens.verdictOf('1', 1000)).toEqual(ALICE);
    expect(tokens.verdictOf(`${MAX_REMEMBERED}`, 1000)).toEqual(ALICE);
  });
});
