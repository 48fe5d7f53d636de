import { isUtf8 } from 'node:buffer';
import type { Connection, Upstream } from '../adapters/upstream.ts';
import type { UpstreamResponse } from '../adapters/upstream-answer.ts';
import { UpstreamError } from '../adapters/upstream-error.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import { returnedResponseHeaders } from '../core/headers.ts';
import { type AttemptResult, isFailure } from '../core/outcome.ts';
import { Problem } from '../core/problem.ts';
import type { AttemptOutcome, Exchange, ProxyResult } from './exchange.ts';
import { type RetryingOptions, retrying } from './retrying.ts';
import { type Handler, handler } from './stage.ts';

/** Lambda's limit on a reply, the whole JSON document counted, with room left for its headers. */
const MAX_REPLY_BYTES = 6 * 1024 * 1024 - 64 * 1024;

const TEXTUAL = /^(?:text\/|application\/(?:json|xml|javascript|x-www-form-urlencoded|[^;]+\+(?:json|xml)))/i;

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
        return resultOf(response);
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        note({ error: error.code }, sentAtMs);
        if (!(await retries?.again(exchange, error, deadlineAtMs))) throw problemOf(error, policy);
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

function resultOf({ status, headers, cookies, body }: UpstreamResponse): ProxyResult {
  if (status < 200 || status > 599) throw new Problem('bad_gateway', 'the upstream answered with an unknown status');
  const text = isText(headers, body);
  const encoded = body.toString(text ? 'utf8' : 'base64');
  if (replyBytes(encoded, text) > MAX_REPLY_BYTES) throw tooLarge();
  return {
    statusCode: status,
    headers: returnedResponseHeaders(headers),
    ...(cookies.length > 0 ? { cookies: [...cookies] } : {}),
    body: encoded,
    isBase64Encoded: !text,
  };
}

/** Text goes as it is, which is smaller; everything else, and text that is not UTF-8, as base64. */
function isText(headers: Readonly<Record<string, string>>, body: Buffer): boolean {
  if (body.length === 0) return true;
  return headers['content-encoding'] === undefined && TEXTUAL.test(headers['content-type'] ?? '') && isUtf8(body);
}

/** Escapes can make text up to six times larger in JSON, so only a body that could be too large is measured. */
function replyBytes(encoded: string, text: boolean): number {
  if (!text || encoded.length < MAX_REPLY_BYTES / 6) return encoded.length;
  return Buffer.byteLength(JSON.stringify(encoded));
}

function problemOf(error: UpstreamError, { service, timeoutMs }: ServicePolicy): Problem {
  switch (error.code) {
    case 'timeout':
      return new Problem('upstream_timeout', `${service} gave no complete answer within ${timeoutMs} ms`);
    case 'unreachable':
      return new Problem('bad_gateway', `${service} cannot be reached or broke off`);
    case 'too_large':
      return tooLarge();
  }
}

function tooLarge(): Problem {
  return new Problem('bad_gateway', 'the answer is larger than the 6 MB that a gateway on Lambda can return');
}
