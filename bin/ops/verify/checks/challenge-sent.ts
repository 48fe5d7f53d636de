import { CHALLENGE_HEADER } from '../../../../lambdas/contract/auth/challenge-header.ts';
import type { Check } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { answerInWords, type ProbeAnswer } from '../probe.ts';
import { NO_SERVICE } from '../refusal.ts';

const RENAMED = 'x-amzn-remapped-www-authenticate';

/** Decision 0023: API Gateway may rename `WWW-Authenticate`, and the integration restores it. */
export const challenge: Check = {
  name: '401 challenge',
  run: async ({ probe, command }) =>
    judgeChallenge(await probe({ path: command.path, headers: { authorization: 'Bearer no-token-of-anybody' } })),
};

export function judgeChallenge(answer: ProbeAnswer): Outcome {
  const { status, headers } = answer;
  const seen = answerInWords(answer);
  if (status === 429) return notTried(`${seen}: this address has presented bad credentials; wait a minute`);
  if (status === 404) return notTried(`${seen}: ${NO_SERVICE}`);
  if (status === 403 && headers[CHALLENGE_HEADER] === undefined) {
    return differs(
      `${seen}, API Gateway's own`,
      "expected with rejections: 'bare'. Without it API Gateway refuses what the authorizer answers, and clients do not learn to refresh a token",
    );
  }
  if (status !== 401) {
    return differs(seen, 'a made-up credential was not answered 401: take the gateway out of use and look why');
  }
  const renamed = RENAMED in headers ? 'API Gateway renames it, the integration restores it' : 'not renamed';
  if (headers['www-authenticate']?.includes('error="invalid_token"')) {
    return holds(`${seen} with WWW-Authenticate (${renamed})`);
  }
  if (headers[CHALLENGE_HEADER] !== undefined) {
    return differs(
      `${seen} without WWW-Authenticate, with ${CHALLENGE_HEADER}`,
      `API Gateway renames WWW-Authenticate, and the integration's response parameters do not restore it: clients can read ${CHALLENGE_HEADER}. Report it`,
    );
  }
  return differs(
    `${seen} without any challenge`,
    'something between the gateway and here removes it, or the stack is older than this command: clients cannot tell why they are refused',
  );
}

/** API Gateway calls no authorizer if an identity source is missing. */
export const bareRefusal: Check = {
  name: '401 without a credential',
  run: async ({ probe, command }) => judgeBareRefusal(await probe({ path: command.path })),
};

export function judgeBareRefusal(answer: ProbeAnswer): Outcome {
  const { status } = answer;
  const seen = answerInWords(answer);
  if (seen === '401 "Unauthorized"') return holds(`${seen}, API Gateway's own`);
  if (seen === '401 unauthorized') return holds(`${seen}, the gateway's own: the route keeps no verdicts`);
  if (status === 404) return notTried(`${seen}: ${NO_SERVICE}`);
  if (status === 401) return differs(seen, 'another 401 than the documented one: harmless. Report it');
  if (status === 403) {
    return differs(seen, "expected with rejections: 'bare' where no verdicts are kept; else API Gateway has changed");
  }
  return differs(seen, 'a request without a credential passed or failed: where the route is not public, look why');
}
