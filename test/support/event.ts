import type { Context } from 'aws-lambda';
import { encodeVerdict, type Verdict, type Verified } from '../../lambdas/contract/auth/verdict.ts';
import type { ProxyContext, ProxyEvent } from '../../lambdas/proxy/exchange.ts';

export const ALICE: Verified = {
  verdict: 'verified',
  kind: 'jwt',
  client: 'sub:alice',
  sub: 'alice',
  email: 'alice@example.com',
  roles: ['admin'],
  scopes: ['read', 'write'],
  plan: '',
  tenant: '',
  jti: '',
  issuer: '',
  claims: {},
};

export interface EventOptions {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly routeKey?: string;
  readonly headers?: Record<string, string>;
  readonly cookies?: string[];
  readonly body?: Buffer | string;
  readonly verdict?: Verdict | undefined;
  readonly sourceIp?: string;
  readonly userAgent?: string;
  readonly requestId?: string;
}

/** A payload 2.0 event as API Gateway sends it to a proxy function. */
export function proxyEvent({
  method = 'GET',
  path = '/api/users/42',
  query = '',
  routeKey = 'ANY /api/users/{proxy+}',
  headers = {},
  cookies,
  body,
  verdict,
  sourceIp = '203.0.113.7',
  userAgent = 'test',
  requestId = 'request-1',
}: EventOptions = {}): ProxyEvent {
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    headers: { host: 'api.example.com', 'x-forwarded-for': sourceIp, 'x-forwarded-proto': 'https', ...headers },
    ...(cookies === undefined ? {} : { cookies }),
    ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? body.toString('base64') : body }),
    isBase64Encoded: Buffer.isBuffer(body),
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      authentication: null,
      authorizer: { lambda: verdict === undefined ? undefined : encodeVerdict(verdict) },
      domainName: 'api.example.com',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent },
      requestId,
      routeKey,
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: Date.UTC(2026, 0, 1),
    },
  } as unknown as ProxyEvent;
}

export function lambdaContext(): ProxyContext {
  return { awsRequestId: 'invoke-1', functionName: 'proxy' } as unknown as Context as ProxyContext;
}
