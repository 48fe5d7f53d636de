import { isSendable } from '../../adapters/http/upstream.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { identityHeaderWriter } from '../../core/auth/identity.ts';
import { forwardedRequestHeaders, withheldHeaders } from '../../core/http/headers.ts';
import { Problem } from '../../core/http/problem.ts';
import { traceparent } from '../../core/http/trace.ts';
import { upstreamPath } from '../../core/http/upstream-path.ts';
import type { ExchangeWith, ProxyEvent } from '../exchange.ts';
import type { PipelineOptions } from '../pipeline-options.ts';
import { type Stage, stage } from '../stage.ts';

type Options = Pick<PipelineOptions, 'policy' | 'upstream' | 'randomHex'>;
type Needs = 'client' | 'verdict' | 'requestId';

/**
 * The most header fields of a request to an upstream, without the four that are added when it is sent. Apache, gunicorn,
 * Tomcat and Python take a hundred. At 200 the JDK's server closes without an answer, which counts as a failure. Node's
 * server drops fields beyond 2,000, and the identity can be among them.
 */
const MAX_FIELDS = 96;

/** Composes the request to the upstream. It comes before the circuit: a request that cannot be sent must not be a probe. */
export function composing({ policy, upstream, randomHex }: Options): Stage<Needs | 'counted', 'message'> {
  const headersOf = requestHeaders(policy, randomHex);
  return stage({
    needs: ['counted', 'client', 'verdict', 'requestId'],
    gives: ['message'],
    before: ({ event }, exchange) => {
      const message = {
        method: event.requestContext.http.method,
        target: targetOf(event, policy, upstream.basePath),
        headers: headersOf(event, exchange),
        body: bodyOf(event),
      };
      if (Object.keys(message.headers).length > MAX_FIELDS) throw TOO_MANY_FIELDS;
      if (!isSendable(message)) throw UNSENDABLE;
      return { message };
    },
  });
}

const TOO_MANY_FIELDS = new Problem('bad_request', `the upstream would get more than ${MAX_FIELDS} header fields`);
const UNSENDABLE = new Problem(
  'bad_request',
  'the method, a header field or the query of the request cannot be forwarded',
);

function targetOf(event: ProxyEvent, policy: ServicePolicy, basePath: string): string {
  const target = upstreamPath(event.rawPath, policy, basePath);
  if ('refused' in target) throw new Problem('bad_request', target.refused);
  return event.rawQueryString === '' ? target.path : `${target.path}?${event.rawQueryString}`;
}

function requestHeaders(policy: ServicePolicy, randomHex: (bytes: number) => string) {
  const withheld = withheldHeaders(policy);
  const identity = identityHeaderWriter(policy.identityHeaders);
  return (event: ProxyEvent, { client, verdict, requestId }: ExchangeWith<Needs>): Record<string, string> => {
    const { domainName, http } = event.requestContext;
    const verified = verdict?.verdict === 'verified' ? verdict : undefined;
    return {
      ...forwardedRequestHeaders(event.headers as Record<string, string>, withheld),
      ...(event.cookies?.length ? { cookie: event.cookies.join('; ') } : {}),
      'x-forwarded-for': event.headers['x-forwarded-for'] ?? http.sourceIp,
      'x-forwarded-proto': event.headers['x-forwarded-proto'] ?? 'https',
      'x-forwarded-host': domainName,
      ...(policy.stripPrefix ? { 'x-forwarded-prefix': policy.prefix } : {}),
      ...identity(verified, client),
      'x-request-id': requestId,
      traceparent: traceparent(event.headers['x-amzn-trace-id'], randomHex),
    };
  };
}

function bodyOf({ body, isBase64Encoded }: ProxyEvent): Buffer | undefined {
  return body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}
