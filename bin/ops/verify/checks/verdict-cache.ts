import type { Check } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { answerInWords, type ProbeAnswer } from '../probe.ts';
import { isRefusal } from '../refusal.ts';

/**
 * API Gateway keeps verdicts by their identity sources, and the route is one of them. The check sends a key to a route
 * that refuses it, to one that takes it, and to the first one. No verdict of one route may answer for the other.
 */
export const verdictCache: Check = {
  name: 'verdict cache by route',
  run: async ({ probe, command, credentials }) => {
    const headers = await credentials.key();
    const refused = await probe({ path: command.otherPath, headers });
    const taken = await probe({ path: command.path, headers });
    const again = await probe({ path: command.otherPath, headers });
    const alone = await probe({ path: command.path, headers: await credentials.key() });
    return judgeVerdictCache({ refused, taken, again, alone });
  },
};

/** The answers to one key, in this order; `alone`: the answer to another key at the route that takes keys. */
export interface CacheAnswers {
  readonly refused: ProbeAnswer;
  readonly taken: ProbeAnswer;
  readonly again: ProbeAnswer;
  readonly alone: ProbeAnswer;
}

export function judgeVerdictCache({ refused, taken, again, alone }: CacheAnswers): Outcome {
  const seen = `refused: ${answerInWords(refused)}; taken: ${answerInWords(taken)}; refused: ${answerInWords(again)}`;
  const limited = [refused, taken, again, alone].find(({ status }) => status === 429);
  if (limited !== undefined) {
    return notTried(
      `${answerInWords(limited)}: a limit answers in place of the verdict; wait a minute and run it again`,
    );
  }
  if (isRefusal(alone)) {
    return notTried(
      `${answerInWords(alone)}: the service takes no API keys; name one that does with --service or --path`,
    );
  }
  if (!isRefusal(refused) && !isRefusal(again)) {
    return notTried(`${seen}: --other-path must be of a service that takes no API keys`);
  }
  if (isRefusal(refused) && !isRefusal(taken) && isRefusal(again)) return holds(seen);
  return differs(
    seen,
    'a verdict of one route answers for another: a credential may pass where it must not. Set verdictCache: Duration.seconds(0), and report it as SECURITY.md says',
  );
}
