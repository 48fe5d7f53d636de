import type { Stage } from './stage.ts';

/** An attack on a running gateway that worked once. */
export interface Attack {
  readonly name: string;
  run(stage: Stage): Promise<AttackResult>;
}

export interface AttackResult {
  /** Sent by the attacker. */
  readonly requests: number;
  readonly worked: boolean;
  /** What the attacker got, or the others saw. */
  readonly seen: string;
}

/** How many there are of each, the most frequent first: `413 ×150, 200 ×3`. */
export function tally(values: readonly (string | number)[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const ordered = [...counts].toSorted(([, one], [, other]) => other - one);
  return ordered.map(([value, count]) => `${value} ×${count}`).join(', ') || 'nothing';
}
