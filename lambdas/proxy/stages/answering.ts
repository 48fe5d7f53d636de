import { describeError, writeLine } from '../../adapters/log.ts';
import type { FallbackPolicy } from '../../contract/circuit/circuit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { withChallenge } from '../../core/auth/challenge.ts';
import { FALLBACK_HEADER } from '../../core/http/headers.ts';
import { Problem, UpstreamProblem } from '../../core/http/problem.ts';
import { headerBytes, headersTooLarge, MAX_REPLY_HEADER_BYTES } from '../../core/http/reply-limits.ts';
import { withSecurityHeaders } from '../../core/http/security-headers.ts';
import type { ExchangeWith, ProxyResult } from '../exchange.ts';
import { type Stage, stage } from '../stage.ts';

/** Turns the upstream's answer, or the problem that ended the pipeline, into the response with the gateway's fields. */
export function answers(policy: ServicePolicy): Stage<'requestId', 'responseHeaders'> {
  const responseTo = (problem: Problem, { requestId }: ExchangeWith<'requestId'>): ProxyResult => {
    const fallback = fallbackFor(problem, policy);
    return fallback ? fallbackResponse(fallback, problem) : problemResponse(problem, requestId);
  };

  return stage({
    needs: ['requestId'],
    gives: ['responseHeaders'],
    before: (_, { requestId }) => ({ responseHeaders: { 'x-request-id': requestId } }),
    back: (request, exchange) => {
      const { response } = request;
      if (response) request.response = returnable(complete(response, exchange));
      else request.response = complete(responseTo(asProblem(request.error, exchange), exchange), exchange);
    },
  });
}

/** The answer of the service in place of the problem `circuit_open`. */
export function fallbackFor({ code }: Problem, { circuit }: ServicePolicy): FallbackPolicy | null {
  return code === 'circuit_open' && circuit ? circuit.fallback : null;
}

/**
 * API Gateway would replace an answer with too many header bytes by a 500 of its own, without a reason.
 *
 * @throws Problem
 */
function returnable(response: ProxyResult): ProxyResult {
  const bytes = headerBytes(response.headers as Record<string, string>, response.cookies ?? []);
  if (bytes <= MAX_REPLY_HEADER_BYTES) return response;
  throw new UpstreamProblem('bad_gateway', headersTooLarge(bytes), 'headers_too_large');
}

function complete(response: ProxyResult, { responseHeaders }: ExchangeWith<'responseHeaders'>): ProxyResult {
  const headers = withChallenge(withSecurityHeaders(response.headers as Record<string, string>));
  return { ...response, headers: { ...headers, ...responseHeaders } };
}

function fallbackResponse({ status, contentType, body }: FallbackPolicy, problem: Problem): ProxyResult {
  const headers = { 'content-type': contentType, 'cache-control': 'no-store', [FALLBACK_HEADER]: problem.code };
  return { statusCode: status, headers: { ...(status >= 500 && problem.headers), ...headers }, body };
}

function problemResponse(problem: Problem, requestId: string): ProxyResult {
  return {
    statusCode: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: problem.body(requestId),
  };
}

/** Any other error is a fault of the gateway: the log names it, and the client sees a 500 without details. */
function asProblem(error: unknown, { requestId }: ExchangeWith<'requestId'>): Problem {
  if (error instanceof Problem) return error;
  writeLine({ message: 'request failed', request_id: requestId, error: describeError(error) });
  return new Problem('internal_error', 'the gateway failed to handle the request');
}
