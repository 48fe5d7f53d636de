import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';

/** What API Gateway sends to an authorizer function for a request as a browser makes it, in payload format 2.0. */
export function authorizerEvent(credential: string): APIGatewayRequestAuthorizerEventV2 {
  const authorization = `Bearer ${credential}`;
  return { ...EVENT, identitySource: [authorization, ROUTE], headers: { ...EVENT.headers, authorization } };
}

const ROUTE = 'ANY /api/users/{proxy+}';

const EVENT: APIGatewayRequestAuthorizerEventV2 = {
  version: '2.0',
  type: 'REQUEST',
  routeArn: 'arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/GET/api/users/42',
  identitySource: [],
  routeKey: ROUTE,
  rawPath: '/api/users/42',
  rawQueryString: 'fields=name&fields=email',
  cookies: ['theme=dark'],
  headers: {
    accept: 'application/json, text/plain, */*',
    'accept-encoding': 'gzip, deflate, br',
    'accept-language': 'en-GB,en;q=0.9',
    'content-length': '0',
    host: 'api.example.com',
    origin: 'https://app.example.com',
    referer: 'https://app.example.com/',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678',
    'x-forwarded-for': '192.0.2.7',
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  },
  queryStringParameters: { fields: 'name,email' },
  requestContext: {
    accountId: '123456789012',
    apiId: 'abcdef1234',
    domainName: 'api.example.com',
    domainPrefix: 'api',
    http: {
      method: 'GET',
      path: '/api/users/42',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.7',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    requestId: 'JKJaXmPLvHcESHA=',
    routeKey: ROUTE,
    stage: '$default',
    time: '24/Nov/2026:12:00:00 +0000',
    timeEpoch: 1_795_521_600_000,
  },
  pathParameters: { proxy: '42' },
  stageVariables: {},
};
