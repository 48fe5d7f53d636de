import { describeError, writeLine } from '../adapters/log.ts';
import type { FallbackPolicy } from '../contract/circuit-policy.ts';
import { withChallenge } from '../core/challenge.ts';
import { FALLBACK_HEADER } from '../core/headers.ts';
import { Problem } from '../core/problem.ts';
import { withSecurityHeaders } from '../core/security-headers.ts';
import type { Exchange, ProxyResult, Stage } from './exchange.ts';

/** Turns whatever ended the pipeline into a response: problems as problem+json, and the gateway's fields on all. */
export function answers(): Stage {
  return {
    after: (request) => {
      const { response, context } = request;
      if (response) request.response = complete(response, context.exchange);
    },
    onError: (request) => {
      const { exchange } = request.context;
      exchange.problem = asProblem(request.error, exchange);
      request.response = complete(responseTo(exchange.problem, exchange), exchange);
    },
  };
}

function complete(response: ProxyResult, { responseHeaders }: Exchange): ProxyResult {
  const headers = withChallenge(withSecurityHeaders(response.headers as Record<string, string>));
  return { ...response, headers: { ...headers, ...responseHeaders } };
}

function responseTo(problem: Problem, exchange: Exchange): ProxyResult {
  const { fallback } = exchange;
  return fallback === undefined ? problemResponse(problem, exchange) : fallbackResponse(fallback, problem);
}

function fallbackResponse({ status, contentType, body }: FallbackPolicy, problem: Problem): ProxyResult {
  const headers = { 'content-type': contentType, 'cache-control': 'no-store', [FALLBACK_HEADER]: problem.code };
  return { statusCode: status, headers: { ...(status >= 500 && problem.headers), ...headers }, body };
}

function problemResponse(problem: Problem, { requestId }: Exchange): ProxyResult {
  return {
    statusCode: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: problem.body(requestId),
  };
}

/** What is not a problem is a fault of the gateway's own: seen in the log, told to nobody. */
function asProblem(error: unknown, { requestId }: Exchange): Problem {
  if (error instanceof Problem) return error;
  writeLine({ message: 'request failed', request_id: requestId, error: describeError(error) });
  return new Problem('internal_error', 'the gateway failed to handle the request');
}
