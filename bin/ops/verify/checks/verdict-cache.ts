import type { Check } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../outcome.ts';
import { answerInWords, type ProbeAnswer } from '../probe.ts';

/**
 * API Gateway keeps verdicts by their identity sources, of which the route is one. A key is shown first where it is
 * refused, then where it is taken, then again where it is refused: no verdict of one route may answer for the other.
 */
export const verdictCache: Check = {
  name: 'verdict cache by route',
  run: async ({ probe, command, credentials }) => {
    const given = await credentials.key();
    if ('why' in given) return notTried(given.why);
    const refused = await probe({ path: command.otherPath, headers: given });
    const taken = await probe({ path: command.path, headers: given });
    const again = await probe({ path: command.otherPath, headers: given });
    const alone = await probe({ path: command.path, headers: (await freshKey(credentials)) ?? given });
    return judgeVerdictCache({ refused, taken, again, alone });
  },
};

async function freshKey({ key }: { key(): Promise<object> }): Promise<{ readonly authorization: string } | undefined> {
  const given = await key();
  return 'authorization' in given ? (given as { readonly authorization: string }) : undefined;
}

/** The answers to one key in this order; `alone`: to another key, at the route that takes keys. */
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

function isRefusal({ status }: ProbeAnswer): boolean {
  return status === 401 || status === 403;
}
