import { isUtf8 } from 'node:buffer';
import { type Upstream, UpstreamError, type UpstreamResponse } from '../adapters/upstream.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import { returnedResponseHeaders } from '../core/headers.ts';
import { isFailure } from '../core/outcome.ts';
import { Problem } from '../core/problem.ts';
import type { ProxyContext, ProxyEvent, ProxyResult } from './exchange.ts';

/** Lambda's limit on a reply, the whole JSON document counted, with room left for its headers. */
const MAX_REPLY_BYTES = 6 * 1024 * 1024 - 64 * 1024;

const TEXTUAL = /^(?:text\/|application\/(?:json|xml|javascript|x-www-form-urlencoded|[^;]+\+(?:json|xml)))/i;

export interface ForwardingOptions {
  readonly policy: ServicePolicy;
  readonly upstream: Upstream;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
}

/** Sends the composed message and hands the answer back. */
export function forwarding({ policy, upstream, monotonic }: ForwardingOptions) {
  return async (_: ProxyEvent, { exchange }: ProxyContext): Promise<ProxyResult> => {
    const { message } = exchange;
    if (message === undefined) throw new TypeError('there is no message to forward');
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
      // What only the client's wish made too large says nothing of the upstream.
      sent(error.code !== 'too_large');
      throw problemOf(error, policy);
    }
  };
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
