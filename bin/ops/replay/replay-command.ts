import { quote } from '../../../lambdas/contract/limits/rule-id.ts';
import { type CommandLine, isNumber } from '../command-line.ts';
import { UsageError } from '../errors.ts';
import { parseTrialLimit, type TrialLimit } from './trial-limit.ts';

/** Which limits are tried on which log. */
export interface ReplayCommand {
  readonly type: 'replay';
  /** Path of a file, `-` for the standard input. */
  readonly log: string;
  readonly limits: readonly TrialLimit[];
  /** Undefined: requests of all services. */
  readonly service: string | undefined;
  /** How many subjects are named. */
  readonly top: number;
}

/** @throws UsageError in one line */
export function replayCommand({ words: [log = ''], values }: CommandLine): ReplayCommand {
  const { limit = [], service, top = '10' } = values;
  if (limit.length === 0)
    throw new UsageError('replay must have at least one --limit, got none: --limit client=100/1m');
  if (!isNumber(top)) throw new UsageError(`--top must be a whole number, got ${quote(top)}`);
  return { type: 'replay', log, limits: limit.map(trialLimit), service, top: Number(top) };
}

function trialLimit(text: string): TrialLimit {
  try {
    return parseTrialLimit(text);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
