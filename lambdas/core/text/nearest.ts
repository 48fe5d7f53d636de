/** Words longer than this are not suggested as corrections. */
const MAX_LENGTH = 32;

/** The word that was probably meant. Undefined: none is near. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  return near(typed, words)[0];
}

/** The words that may be meant, the likeliest first: of three letters one may be wrong, missing or too many. */
export function near(typed: string, words: readonly string[]): readonly string[] {
  if (typed.length > MAX_LENGTH) return [];
  return words
    .map((word) => ({ word, slips: slipsBetween(typed, word) }))
    .filter(({ slips }) => slips <= typed.length / 3)
    .sort((left, right) => left.slips - right.slips)
    .map(({ word }) => word);
}

/** Levenshtein's distance, a row of its table at a time. */
function slipsBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...left].entries()) {
    const next = [above + 1];
    for (const [index, other] of [...right].entries()) {
      const kept = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(kept, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
