import { isUtf8 } from 'node:buffer';
import type { Connection } from '../../adapters/http/upstream.ts';
import type { UpstreamResponse } from '../../adapters/http/upstream-answer.ts';
import { UpstreamError } from '../../adapters/http/upstream-error.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { type AttemptResult, isFailure } from '../../core/circuit/outcome.ts';
import { returnedResponseHeaders } from '../../core/http/headers.ts';
import { Problem, type ProblemCode, UpstreamProblem } from '../../core/http/problem.ts';
import { type BodyKind, bodyKind, bodyTooLarge, MAX_REPLY_BYTES } from '../../core/http/reply-limits.ts';
import type { AttemptOutcome, ExchangeWith, ProxyResult } from '../exchange.ts';
import type { PipelineOptions } from '../pipeline-options.ts';
import { type Handler, handler } from '../stage.ts';
import { type RetryingOptions, retrying } from './retrying.ts';

type Options = RetryingOptions & Pick<PipelineOptions, 'upstream'>;

/** Sends the composed message, again where that may help, and returns the answer. */
export function forwarding(options: Options): Handler<'message' | 'circuit' | 'deadlineAtMs'> {
  const { policy, upstream, monotonic } = options;
  const retries = policy.retry === null ? undefined : retrying(policy.retry, options);

  return handler(['message', 'circuit', 'deadlineAtMs'], async (exchange, note) => {
    const { message, deadlineAtMs } = exchange;
    const startedAtMs = monotonic();
    const attempts: AttemptOutcome[] = [];
    const ended = (result: AttemptResult, sentAtMs: number): void => {
      const nowMs = monotonic();
      attempts.push({ result, ms: nowMs - sentAtMs });
      note({ upstreamMs: nowMs - startedAtMs, attempts, failed: isFailure(result, policy.circuit) });
    };
    retries?.begin(exchange);
    for (;;) {
      const sentAtMs = monotonic();
      try {
        const response = await upstream.send(message, deadlineAtMs - sentAtMs, connectionFor(exchange, attempts));
        ended({ status: response.status }, sentAtMs);
        return answerOf(response);
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        ended({ error: error.code }, sentAtMs);
        if (await retries?.again(exchange, error, attempts.length - 1)) continue;
        throw problemOf(error, policy);
      }
    }
  });
}

/** Probes and retries use a new connection: a probe is sent once, and a retry follows a connection that has just failed. */
function connectionFor({ circuit }: ExchangeWith<'circuit'>, attempts: readonly AttemptOutcome[]): Connection {
  return circuit?.action === 'probe' || attempts.length > 0 ? 'own' : 'kept';
}

/** @throws Problem */
function answerOf({ status, headers, cookies, body }: UpstreamResponse): ProxyResult {
  if (status < 200 || status > 599) throw new Problem('bad_gateway', 'the upstream answered with an unknown status');
  const kind = kindOf(headers, body);
  const encoded = body.toString(kind === 'text' ? 'utf8' : 'base64');
  if (replyBytes(encoded, kind) > MAX_REPLY_BYTES)
    throw new UpstreamProblem('bad_gateway', bodyTooLarge(kind), 'too_large');
  return {
    statusCode: status,
    headers: returnedResponseHeaders(headers),
    ...(cookies.length > 0 ? { cookies: [...cookies] } : {}),
    body: encoded,
    isBase64Encoded: kind === 'binary',
  };
}

/** UTF-8 text goes as it is, which is smaller; everything else goes as base64. */
function kindOf(headers: Readonly<Record<string, string>>, body: Buffer): BodyKind {
  if (body.length === 0) return 'text';
  return bodyKind(headers) === 'text' && isUtf8(body) ? 'text' : 'binary';
}

/** JSON's escapes can make text up to six times larger, so only a body that could be too large is measured. */
function replyBytes(encoded: string, kind: BodyKind): number {
  if (kind === 'binary' || encoded.length < MAX_REPLY_BYTES / 6) return encoded.length;
  return Buffer.byteLength(JSON.stringify(encoded));
}

function problemOf({ code, message }: UpstreamError, { service, timeoutMs }: ServicePolicy): Problem {
  const problem = (status: ProblemCode, detail: string) => new UpstreamProblem(status, detail, code);
  switch (code) {
    case 'timeout':
      return problem('upstream_timeout', `${service} gave no complete answer within ${timeoutMs} ms`);
    case 'event_stream':
      return problem(
        'upstream_timeout',
        `${service} answered with an event stream that did not end within ${timeoutMs} ms: an HTTP API returns whole answers and cannot stream`,
      );
    case 'unreachable':
      return problem('bad_gateway', `${service} cannot be reached or broke off`);
    case 'unsent':
      return problem('bad_gateway', `${service} closed the connection before it had read the request's body`);
    case 'too_large':
      return problem('bad_gateway', message);
  }
}
