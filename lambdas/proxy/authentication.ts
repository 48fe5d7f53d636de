import { decodeVerdict, type Verdict } from '../contract/verdict.ts';
import { authorize } from '../core/authorization.ts';
import type { ProxyEvent, Stage } from './exchange.ts';
import { ipSubject } from './limit-request.ts';

/** Reads the authorizer's verdict and lets pass what the route's policy allows. Names the client that limits count. */
export function authentication(): Stage {
  return {
    before: ({ event, context: { exchange } }) => {
      const verdict = verdictOf(event);
      if (verdict !== undefined) exchange.verdict = verdict;
      exchange.client =
        verdict?.verdict === 'verified' ? verdict.client : ipSubject(event.requestContext.http.sourceIp);
      const problem = exchange.route && authorize(exchange.route.auth, verdict);
      if (problem !== undefined) throw problem;
    },
  };
}

/** A context that cannot be read is no verdict, and no verdict is a denial wherever one is needed. */
function verdictOf(event: ProxyEvent): Verdict | undefined {
  try {
    return decodeVerdict(event.requestContext.authorizer?.lambda);
  } catch {
    return undefined;
  }
}
