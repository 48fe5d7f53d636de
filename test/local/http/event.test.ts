import { expect, test } from 'vitest';
import type { ApiModel } from '../../../local/assembly/model.ts';
import { authorizerEvent, proxyEvent, type RequestFacts } from '../../../local/http/event.ts';
import type { Request } from '../../../local/http/message.ts';

const API: ApiModel = {
  id: 'api',
  name: 'test',
  account: '123456789012',
  region: 'us-east-1',
  cors: null,
  stage: { name: '$default', throttle: null, routeThrottles: {}, variables: {} },
  routes: [],
};

const FACTS: RequestFacts = {
  requestId: 'JKJaXmPLvHcESHA=',
  nowMs: Date.UTC(2026, 10, 24, 3, 50, 10),
  routeKey: 'ANY /api/{proxy+}',
  pathParameters: { proxy: 'users/42' },
  api: API,
};

function request(changes: Partial<Request> = {}): Request {
  return {
    method: 'GET',
    target: '/api/users/42',
    protocol: 'HTTP/1.1',
    headers: [['Host', 'gateway.example:3000']],
    body: Buffer.alloc(0),
    sourceIp: '127.0.0.1',
    ...changes,
  };
}

function event(changes: Partial<Request> = {}, authorizer?: { readonly lambda: unknown }) {
  return proxyEvent(request(changes), FACTS, authorizer);
}

test('header names are lower-cased and repeated headers are joined by commas', () => {
  const { headers } = event({
    headers: [
      ['X-Tag', 'a'],
      ['x-tag', 'b'],
      ['User-Agent', 'curl'],
    ],
  });
  expect(headers).toMatchObject({ 'x-tag': 'a,b', 'user-agent': 'curl' });
});

test('a header may have the name of what every object has', () => {
  expect(event({ headers: [['Constructor', 'a']] }).headers).toMatchObject({ constructor: 'a' });
});

test('cookies leave the headers for a list of their own', () => {
  const { headers, cookies } = event({
    headers: [
      ['Cookie', 'a=1; b=2'],
      ['cookie', 'c=3'],
    ],
  });
  expect(cookies).toEqual(['a=1', 'b=2', 'c=3']);
  expect(headers).not.toHaveProperty('cookie');
});

test('the path arrives decoded and the query as it was sent', () => {
  const received = event({ target: '/api/a%20b?q=x%20y&q=z' });
  expect(received).toMatchObject({
    rawPath: '/api/a b',
    rawQueryString: 'q=x%20y&q=z',
    queryStringParameters: { q: 'x y,z' },
    requestContext: { http: { path: '/api/a b' } },
  });
});

// The captures that https://github.com/hotsock/voker publishes of an HTTP API (examples/aws-ingress-probe/README.md).
test.each([
  ['/capture/plain', '/capture/plain'],
  ['/capture/space%20value', '/capture/space value'],
  ['/capture/question%3Fvalue', '/capture/question'],
  ['/capture/hash%23value', '/capture/hash#value'],
  ['/capture/slash%2Fvalue', '/capture/slash/value'],
  ['/capture/unicode-%CE%BB-%E4%B8%96%E7%95%8C', '/capture/unicode-λ-世界'],
  ['/capture/literal%252Fvalue', '/capture/literal/value'],
  ['/capture/literal%253Fvalue', '/capture/literal?value'],
  ['/capture/literal%2525value', '/capture/literal%value'],
  ['//capture//x', '//capture//x'],
])('the path %s arrives as %s, as API Gateway hands it over', (sent, received) => {
  expect(event({ target: `${sent}?value=a%3Fb` })).toMatchObject({
    rawPath: received,
    rawQueryString: 'value=a%3Fb',
    requestContext: { http: { path: received } },
  });
});

test.each(['/capture/percent%25done', '/%', '/%zz', '/%ff', '/%25ff'])(
  'the path %s cannot be decoded twice, which is an error',
  (target) => {
    expect(() => event({ target })).toThrow(URIError);
  },
);

test('what a request does not have is absent', () => {
  const received = event();
  expect(received.rawQueryString).toBe('');
  for (const key of ['queryStringParameters', 'cookies', 'body', 'stageVariables'])
    expect(received).not.toHaveProperty(key);
  expect(received.isBase64Encoded).toBe(false);
});

test('the edge appends the address of the client to what the client claims', () => {
  const { headers } = event({ headers: [['X-Forwarded-For', '1.2.3.4']], sourceIp: '127.0.0.9' });
  expect(headers['x-forwarded-for']).toBe('1.2.3.4, 127.0.0.9');
  expect(headers['x-amzn-trace-id']).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});

test('the context tells who asked for what and when', () => {
  expect(
    event({
      headers: [
        ['Host', 'gateway.example:3000'],
        ['User-Agent', 'curl'],
      ],
    }).requestContext,
  ).toEqual({
    accountId: '123456789012',
    apiId: 'api',
    domainName: 'gateway.example',
    domainPrefix: 'gateway',
    http: { method: 'GET', path: '/api/users/42', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'curl' },
    requestId: 'JKJaXmPLvHcESHA=',
    routeKey: 'ANY /api/{proxy+}',
    stage: '$default',
    time: '24/Nov/2026:03:50:10 +0000',
    timeEpoch: FACTS.nowMs,
  });
});

test('an authorizer reaches the function with its context as given', () => {
  expect(event({}, { lambda: { sub: 'alice', n: 1 } }).requestContext).toMatchObject({
    authorizer: { lambda: { sub: 'alice', n: 1 } },
  });
});

test.each([
  ['application/json', '{}', false],
  ['application/vnd.api+json; charset=utf-8', '{}', false],
  ['text/plain', 'text', false],
  ['application/x-www-form-urlencoded', 'a=b', true],
  ['application/octet-stream', 'bytes', true],
])('a body of %s is base64: %s -> %s', (type, body, encoded) => {
  const received = event({ headers: [['Content-Type', type]], body: Buffer.from(body) });
  expect(received.isBase64Encoded).toBe(encoded);
  expect(Buffer.from(received.body ?? '', encoded ? 'base64' : 'utf8').toString()).toBe(body);
});

test('a compressed body and text that is no UTF-8 are base64', () => {
  const headers = [['content-type', 'text/plain']] as const;
  expect(event({ headers: [...headers, ['content-encoding', 'gzip']], body: Buffer.from('x') }).isBase64Encoded).toBe(
    true,
  );
  expect(event({ headers, body: Buffer.from([0xff, 0xfe]) }).isBase64Encoded).toBe(true);
});

test("an authorizer's event has the identity and no body", () => {
  const received = authorizerEvent(request({ body: Buffer.from('x') }), FACTS, ['Bearer t', FACTS.routeKey]);
  expect(received).toMatchObject({
    version: '2.0',
    type: 'REQUEST',
    identitySource: ['Bearer t', 'ANY /api/{proxy+}'],
    routeArn: 'arn:aws:execute-api:us-east-1:123456789012:api/$default/ANY/api/{proxy+}',
  });
  expect(received).not.toHaveProperty('body');
});
