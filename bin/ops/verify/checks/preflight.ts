import type { Check } from '../check.ts';
import { differs, holds, notTried, type Outcome } from '../outcome.ts';
import { answerInWords, type ProbeAnswer } from '../probe.ts';

const HEADERS = { origin: 'https://verify.invalid', 'access-control-request-method': 'GET' };
/** No service has it, so API Gateway itself answers a preflight there, or nobody does. */
const NO_ROUTE = '/tollgate-verify-no-route';

/** Decision 0009: `ANY` routes have a twin for preflights, which browsers send without credentials. */
export const preflight: Check = {
  name: 'preflight',
  run: async ({ probe, command }) => {
    const [route, none] = await Promise.all(
      [command.path, NO_ROUTE].map((path) => probe({ method: 'OPTIONS', path, headers: HEADERS })),
    );
    if (route === undefined || none === undefined) throw new TypeError('two requests have two answers');
    return judgePreflight(route, none);
  },
};

/** @param none the answer where no route is, which tells whether the gateway speaks CORS at all */
export function judgePreflight(route: ProbeAnswer, none: ProbeAnswer): Outcome {
  if (none.status === 404) return notTried('the gateway speaks no CORS: it has no corsOrigins');
  const seen = answerInWords(route);
  if (route.headers['access-control-allow-origin'] !== undefined && !isAny(route)) {
    return differs(`${seen}, and an origin that is not allowed is allowed`, 'any page may call the gateway: look why');
  }
  if (route.status >= 200 && route.status < 300) return holds(`${seen} without a credential`);
  return differs(
    seen,
    'browsers send preflights without credentials, and this route refuses them: pages of other origins cannot call the service. Look whether OPTIONS routes are deployed',
  );
}

function isAny({ headers }: ProbeAnswer): boolean {
  return headers['access-control-allow-origin'] === '*';
}
