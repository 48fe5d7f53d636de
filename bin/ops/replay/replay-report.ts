import { printable } from '../../../lambdas/contract/printable.ts';
import { shortened } from '../../../lambdas/core/text/shortened.ts';
import { padded } from '../output/text.ts';
import type { TrialResult } from './replay.ts';

/** Longer subjects are cut, so that a line fits the screen. */
const SUBJECT_WIDTH = 40;

/** Lists by limit who would have been refused; names the first `top` subjects. */
export function describeResults(results: readonly TrialResult[], top: number): string {
  return results.map((result) => describe(result, top)).join('\n\n');
}

function describe({ limit, requests, refused, subjects, cut }: TrialResult, top: number): string {
  const share = requests === 0 ? '0.0' : ((100 * refused) / requests).toFixed(1);
  const head = `${limit.text}: would have refused ${refused} of ${requests} requests (${share} %), of ${cut.length} out of ${subjects}`;
  const rows = cut
    .slice(0, top)
    .map(({ subject, ...row }) => [
      shortened(printable(subject), SUBJECT_WIDTH),
      String(row.refused),
      String(row.requests),
      new Date(row.firstMs).toISOString(),
    ]);
  if (rows.length === 0) return head;
  const table = [['who', 'refused', 'requests', 'first refused'], ...rows].map(
    ([who = '', of = '', all = '', first = '']) =>
      `  ${padded(who, SUBJECT_WIDTH)}  ${of.padStart(8)}  ${all.padStart(8)}  ${first}`,
  );
  const more = cut.length > top ? [`  and ${cut.length - top} more`] : [];
  return [head, ...table, ...more].join('\n');
}
