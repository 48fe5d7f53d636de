import { isUtf8 } from 'node:buffer';
import type { Connection, Upstream } from '../../adapters/http/upstream.ts';
import type { UpstreamResponse } from '../../adapters/http/upstream-answer.ts';
import { UpstreamError } from '../../adapters/http/upstream-error.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { type AttemptResult, isFailure } from '../../core/circuit/outcome.ts';
import { returnedResponseHeaders } from '../../core/http/headers.ts';
import { Problem } from '../../core/http/problem.ts';
import { type BodyKind, bodyKind, bodyTooLarge, MAX_REPLY_BYTES } from '../../core/http/reply-limits.ts';
import type { AttemptOutcome, Exchange, ProxyResult } from '../exchange.ts';
import { type Handler, handler } from '../stage.ts';
import { type RetryingOptions, retrying } from './retrying.ts';

export interface ForwardingOptions extends RetryingOptions {
  readonly upstream: Upstream;
}

/** Sends the composed message, again where that may help, and hands the answer back. */
export function forwarding(options: ForwardingOptions): Handler<'message' | 'circuit' | 'returnsLeases'> {
  const { policy, upstream, monotonic } = options;
  const retries = policy.retry === null ? undefined : retrying(policy.retry, options);

  return handler(['message', 'circuit', 'returnsLeases'], async (exchange) => {
    const { message } = exchange;
    const note = attemptsOf(exchange, options);
    const deadlineAtMs = exchange.deadlineAtMs ?? monotonic() + policy.timeoutMs;
    exchange.deadlineAtMs = deadlineAtMs;
    retries?.begin(exchange);
    for (;;) {
      const sentAtMs = monotonic();
      try {
        const response = await upstream.send(message, deadlineAtMs - sentAtMs, connectionFor(exchange));
        note({ status: response.status }, sentAtMs);
        return resultOf(response, exchange);
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        note({ error: error.code }, sentAtMs);
        if (await retries?.again(exchange, error, deadlineAtMs)) continue;
        exchange.fault = error.code;
        throw problemOf(error, policy);
      }
    }
  });
}

/** What notes how each attempt ended; how long it all took is counted from now. */
function attemptsOf(exchange: Exchange, { policy, monotonic }: ForwardingOptions) {
  const startedAtMs = monotonic();
  const attempts: AttemptOutcome[] = [];
  return (result: AttemptResult, sentAtMs: number): void => {
    const nowMs = monotonic();
    attempts.push({ result, ms: nowMs - sentAtMs });
    exchange.forwarded = { upstreamMs: nowMs - startedAtMs, attempts, failed: isFailure(result, policy.circuit) };
  };
}

/**
 * A probe goes out once, and must not fail for a connection that was kept too long; nor must what is sent again, since a
 * connection has failed just now.
 */
function connectionFor({ circuit, forwarded }: Exchange): Connection {
  return circuit?.admission === 'probe' || forwarded !== undefined ? 'own' : 'kept';
}

function resultOf({ status, headers, cookies, body }: UpstreamResponse, exchange: Exchange): ProxyResult {
  if (status < 200 || status > 599) throw new Problem('bad_gateway', 'the upstream answered with an unknown status');
  const kind = kindOf(headers, body);
  const encoded = body.toString(kind === 'text' ? 'utf8' : 'base64');
  if (replyBytes(encoded, kind) > MAX_REPLY_BYTES) {
    exchange.fault = 'too_large';
    throw new Problem('bad_gateway', bodyTooLarge(kind));
  }
  return {
    statusCode: status,
    headers: returnedResponseHeaders(headers),
    ...(cookies.length > 0 ? { cookies: [...cookies] } : {}),
    body: encoded,
    isBase64Encoded: kind === 'binary',
  };
}

/** Text goes as it is, which is smaller; everything else, and text that is not UTF-8, as base64. */
function kindOf(headers: Readonly<Record<string, string>>, body: Buffer): BodyKind {
  if (body.length === 0) return 'text';
  return bodyKind(headers) === 'text' && isUtf8(body) ? 'text' : 'binary';
}

/** Escapes can make text up to six times larger in JSON, so only a body that could be too large is measured. */
function replyBytes(encoded: string, kind: BodyKind): number {
  if (kind === 'binary' || encoded.length < MAX_REPLY_BYTES / 6) return encoded.length;
  return Buffer.byteLength(JSON.stringify(encoded));
}

function problemOf(error: UpstreamError, { service, timeoutMs }: ServicePolicy): Problem {
  switch (error.code) {
    case 'timeout':
      return new Problem('upstream_timeout', `${service} gave no complete answer within ${timeoutMs} ms`);
    case 'event_stream':
      return new Problem(
        'upstream_timeout',
        `${service} answered with an event stream that did not end within ${timeoutMs} ms: an HTTP API returns whole answers and cannot stream`,
      );
    case 'unreachable':
      return new Problem('bad_gateway', `${service} cannot be reached or broke off`);
    case 'unsent':
      return new Problem('bad_gateway', `${service} closed the connection before it had read the request's body`);
    case 'too_large':
      return new Problem('bad_gateway', error.message);
  }
}
