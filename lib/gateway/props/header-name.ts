import { InvalidPropError } from '../../invalid-prop.ts';

/** No other characters of a token (RFC 9110 §5.6.2): CGI-style upstreams cannot tell `x_user_id` from `x-user-id`. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Fields that HTTP, a proxy before an upstream, AWS or the gateway itself means something by. */
const TAKEN = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'cookie',
  'date',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'pragma',
  'range',
  'referer',
  'set-cookie',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'true-client-ip',
  'upgrade',
  'user-agent',
  'via',
  'www-authenticate',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-request-deadline-ms',
  'x-request-id',
  'x-rewrite-url',
]);
const TAKEN_PREFIXES = [
  'accept',
  'access-control-',
  'content-',
  'if-',
  'proxy-',
  'sec-',
  'x-amz',
  'x-forwarded-',
  'x-http-method',
  'x-ratelimit-',
];

/**
 * A field name in lower case that is free for a use of its own.
 *
 * @param prop whose value it is: `header`
 * @param fix what to write in its place
 */
export function freeHeaderName(prop: string, name: string, fix: string): string {
  const lower = name.toLowerCase();
  const got = `got ${JSON.stringify(name)}: ${fix}`;
  if (!NAME.test(lower)) {
    throw new InvalidPropError(`${prop} must be a name of at most 64 letters, digits and inner hyphens, ${got}`);
  }
  if (TAKEN.has(lower) || TAKEN_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
    throw new InvalidPropError(`${prop} must be a name that nothing else goes by, ${got}`);
  }
  return lower;
}
