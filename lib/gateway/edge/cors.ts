import { Duration } from 'aws-cdk-lib';
import { CorsHttpMethod, type CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { CHALLENGE_HEADER } from '../../../lambdas/contract/auth/challenge-header.ts';
import { InvalidPropError } from '../../invalid-prop.ts';

/** Headers that a browser may send. Not `traceparent` and `x-request-id`, which the gateway replaces. */
const ALLOWED = ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match'];

/** Headers that a page's script may read, beside those that it always may. */
const EXPOSED = [
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  CHALLENGE_HEADER,
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
];

/** CORS for all services at once. */
export function corsOptions(origins: readonly string[]): CorsPreflightOptions {
  for (const origin of origins) checkOrigin(origin);
  return {
    allowOrigins: [...origins],
    allowMethods: [
      CorsHttpMethod.GET,
      CorsHttpMethod.HEAD,
      CorsHttpMethod.POST,
      CorsHttpMethod.PUT,
      CorsHttpMethod.PATCH,
      CorsHttpMethod.DELETE,
    ],
    allowHeaders: ALLOWED,
    exposeHeaders: EXPOSED,
    maxAge: Duration.hours(1),
  };
}

function checkOrigin(origin: string): void {
  if (origin === '*') return;
  if (!/^https?:\/\/[^*]+$/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw new InvalidPropError(
      `a CORS origin must be scheme and host without a path, got ${JSON.stringify(origin)}: write one like 'https://app.example.com'`,
    );
  }
}
