import { describeError, writeLine } from '../../adapters/log.ts';
import type { FallbackPolicy } from '../../contract/circuit/circuit-policy.ts';
import { withChallenge } from '../../core/auth/challenge.ts';
import { FALLBACK_HEADER } from '../../core/http/headers.ts';
import { Problem } from '../../core/http/problem.ts';
import { headerBytes, headersTooLarge, MAX_REPLY_HEADER_BYTES } from '../../core/http/reply-limits.ts';
import { withSecurityHeaders } from '../../core/http/security-headers.ts';
import type { Exchange, ProxyResult } from '../exchange.ts';
import { type Stage, stage } from '../stage.ts';

/** Turns whatever ended the pipeline into a response: problems as problem+json, and the gateway's fields on all. */
export function answers(): Stage<'requestId', 'responseHeaders'> {
  return stage({
    needs: ['requestId'],
    gives: ['responseHeaders'],
    before: (_, exchange) => {
      exchange.responseHeaders = { 'x-request-id': exchange.requestId };
    },
    after: (request) => {
      const { response, context } = request;
      if (response) request.response = returnable(complete(response, context.exchange), context.exchange);
    },
    onError: (request) => {
      const { exchange } = request.context;
      exchange.problem = asProblem(request.error, exchange);
      request.response = complete(responseTo(exchange.problem, exchange), exchange);
    },
  });
}

/** API Gateway would replace an answer with too many header bytes by a 500 of its own, without a reason. */
function returnable(response: ProxyResult, exchange: Exchange): ProxyResult {
  const bytes = headerBytes(response.headers as Record<string, string>, response.cookies ?? []);
  if (bytes <= MAX_REPLY_HEADER_BYTES) return response;
  exchange.fault = 'headers_too_large';
  exchange.problem = new Problem('bad_gateway', headersTooLarge(bytes));
  return complete(problemResponse(exchange.problem, exchange), exchange);
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
