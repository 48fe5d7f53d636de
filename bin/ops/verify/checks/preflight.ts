import type { Check } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../finding.ts';
import { answerInWords, type ProbeAnswer } from '../probe.ts';

const HEADERS = { origin: 'https://verify.invalid', 'access-control-request-method': 'GET' };
/** No service has this path: API Gateway answers a preflight there itself, or with 404. */
const NO_ROUTE = '/tollgate-verify-no-route';

/** Decision 0009: `ANY` routes have a twin for preflights, which browsers send without credentials. */
export const preflight: Check = {
  name: 'preflight',
  run: async ({ probe, command }) => {
    const ask = (path: string) => probe({ method: 'OPTIONS', path, headers: HEADERS });
    return judgePreflight(await ask(command.path), await ask(NO_ROUTE));
  },
};

/** @param none the answer where there is no route: it shows whether the gateway has CORS at all */
export function judgePreflight(route: ProbeAnswer, none: ProbeAnswer): Outcome {
  if (none.status === 404) return notTried('the gateway speaks no CORS: it has no corsOrigins');
  const seen = answerInWords(route);
  if (![undefined, '*'].includes(route.headers['access-control-allow-origin'])) {
    return differs(`${seen}, and an origin that is not allowed is allowed`, 'any page may call the gateway: look why');
  }
  if (route.status >= 200 && route.status < 300) return holds(`${seen} without a credential`);
  return differs(
    seen,
    'browsers send preflights without credentials, and this route refuses them: pages of other origins cannot call the service. Look whether OPTIONS routes are deployed',
  );
}
