import { table } from '../output/text-table.ts';
import type { Outcome } from './finding.ts';
import { publishable } from './publishable.ts';

export interface Finding {
  readonly check: string;
  readonly outcome: Outcome;
}

/** One row for each check, and an explanation of each difference. No line is cut: the table is made for pasting. */
export function reportTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, outcome }) => [check, outcome.result, publishable(detailOf(outcome))]);
  const explained = findings.flatMap(({ check, outcome }) =>
    outcome.result === 'differs' ? [`${check}: ${publishable(outcome.means)}`] : [],
  );
  return [
    table(['CHECK', 'RESULT', 'SEEN'], rows, [], undefined),
    ...(explained.length > 0 ? ['', ...explained] : []),
    '',
    summary(findings),
  ].join('\n');
}

export function reportJson(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, outcome }) => ({
    check,
    ...Object.fromEntries(Object.entries(outcome).map(([name, value]) => [name, publishable(value)])),
  }));
  return JSON.stringify(rows, null, 2);
}

function detailOf(outcome: Outcome): string {
  return outcome.result === 'not tried' ? outcome.why : outcome.seen;
}

function summary(findings: readonly Finding[]): string {
  const count = (result: Outcome['result']) => findings.filter(({ outcome }) => outcome.result === result).length;
  return `${count('holds')} hold, ${count('differs')} differ, ${count('not tried')} not tried`;
}
