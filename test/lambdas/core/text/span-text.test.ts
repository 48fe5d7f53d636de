import { expect, test } from 'vitest';
import { spanText } from '../../../../lambdas/core/text/span-text.ts';

test.each([
  [-5, '0 s'],
  [0, '0 s'],
  [1, '1 s'],
  [119_001, '120 s'],
  [120_000, '2 min'],
  [150_000, '3 min'],
  [3 * 3_600_000, '3 h'],
  [49 * 3_600_000, '3 d'],
])('%i ms are told as %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});
