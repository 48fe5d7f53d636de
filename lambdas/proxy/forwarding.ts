import { isUtf8 } from 'node:buffer';
import { type Upstream, UpstreamError, type UpstreamResponse } from '../adapters/upstream.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import { forwardedRequestHeaders, returnedResponseHeaders } from '../core/headers.ts';
import { identityHeaders } from '../core/identity.ts';
import { isFailure } from '../core/outcome.ts';
import { upstreamPath } from '../core/path.ts';
import { Problem } from '../core/problem.ts';
import { traceparent } from '../core/trace.ts';
import type { Exchange, ProxyContext, ProxyEvent, ProxyResult } from './exchange.ts';

/** Lambda's limit on a reply, the whole JSON document counted, with room left for its headers. */
const MAX_REPLY_BYTES = 6 * 1024 * 1024 - 64 * 1024;

const TEXTUAL = /^(?:text\/|application\/(?:json|xml|javascript|x-www-form-urlencoded|[^;]+\+(?:json|xml)))/i;

export interface ForwardingOptions {
  readonly policy: ServicePolicy;
  readonly upstream: Upstream;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  readonly randomHex: (bytes: number) => string;
}

/** Sends the request on and hands the answer back. */
export function forwarding({ policy, upstream, monotonic, randomHex }: ForwardingOptions) {
  return async (event: ProxyEvent, { exchange }: ProxyContext): Promise<ProxyResult> => {
    const message = {
      method: event.requestContext.http.method,
      target: targetOf(event, policy, upstream.basePath),
      headers: requestHeaders(event, exchange, policy, randomHex),
      body: bodyOf(event),
    };
    const startedAtMs = monotonic();
    const sent = (failed: boolean) => {
      exchange.forwarded = { upstreamMs: monotonic() - startedAtMs, failed };
    };
    try {
      const response = await upstream.send(message, policy.timeoutMs);
      sent(isFailure(response.status));
      return resultOf(response);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      // What only the client's wish made too large, or the client's fields unsendable, says nothing of the upstream.
      if (error.code !== 'unsendable') sent(error.code !== 'too_large');
      throw problemOf(error, policy);
    }
  };
}

function targetOf(event: ProxyEvent, policy: ServicePolicy, basePath: string): string {
  const path = upstreamPath(event.rawPath, policy, basePath);
  if (path === undefined) throw new Problem('bad_request', 'the path lies outside the service');
  return event.rawQueryString === '' ? path : `${path}?${event.rawQueryString}`;
}

function requestHeaders(
  event: ProxyEvent,
  exchange: Exchange,
  policy: ServicePolicy,
  randomHex: (bytes: number) => string,
): Record<string, string> {
  const { domainName, http } = event.requestContext;
  const verified = exchange.verdict?.verdict === 'verified' ? exchange.verdict : undefined;
  return {
    ...forwardedRequestHeaders(event.headers as Record<string, string>, policy),
    ...(event.cookies?.length ? { cookie: event.cookies.join('; ') } : {}),
    'x-forwarded-for': event.headers['x-forwarded-for'] ?? http.sourceIp,
    'x-forwarded-proto': event.headers['x-forwarded-proto'] ?? 'https',
    'x-forwarded-host': domainName,
    ...(policy.stripPrefix ? { 'x-forwarded-prefix': policy.prefix } : {}),
    ...identityHeaders(verified, exchange.client ?? ''),
    'x-request-id': exchange.requestId,
    traceparent: traceparent(event.headers['x-amzn-trace-id'], randomHex),
  };
}

function bodyOf({ body, isBase64Encoded }: ProxyEvent): Buffer | undefined {
  return body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
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
    case 'unsendable':
      return new Problem('bad_request', 'a header field of the request cannot be forwarded');
  }
}

function tooLarge(): Problem {
  return new Problem('bad_gateway', 'the answer is larger than the 6 MB that a gateway on Lambda can return');
}
