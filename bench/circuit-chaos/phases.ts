import type { Behaviour } from './orders.ts';

/** A part of the script: how the upstream behaves, and what of its circuit ends the part. */
export interface Phase {
  readonly name: string;
  /** By turns. */
  readonly behaviours: readonly [Behaviour, ...Behaviour[]];
  /** How long each of several behaviours lasts. */
  readonly everyMs: number;
  /** `opened`: so long after the circuit opened; `closed`: when it has been closed for so long. */
  readonly until: 'opened' | 'closed';
  readonly forMs: number;
}

/** A steady upstream has no turns. */
const STEADY = 0;

const ILLNESSES = [
  { name: 'dead', behaviours: ['refusing', 'resetting'], everyMs: 700 },
  { name: 'slow', behaviours: ['slow'], everyMs: STEADY },
  { name: 'flapping', behaviours: ['resetting', 'healthy'], everyMs: 300 },
] as const;

/** The upstream falls ill in each way, and each time gets well again. */
export function phases({ illMs, wellMs }: { readonly illMs: number; readonly wellMs: number }): readonly Phase[] {
  const well = (name: string): Phase => ({
    name,
    behaviours: ['healthy'],
    everyMs: STEADY,
    until: 'closed',
    forMs: wellMs,
  });
  const ills = ILLNESSES.flatMap((ill): Phase[] => [{ ...ill, until: 'opened', forMs: illMs }, well('healthy')]);
  return [well('calm'), ...ills];
}
