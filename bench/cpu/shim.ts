// Stands in for API Gateway and Lambda: an HTTP request becomes a payload 2.0 event for the authorizer and the proxy
// function, and what they return becomes the response. Without bundles both are constants: the cost of the shim itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { serve } from './serve.ts';

interface Authorized {
  readonly isAuthorized: boolean;
  readonly context: Readonly<Record<string, string>>;
}

interface Result {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

type Handler<Output> = (event: object, context: object) => Promise<Output>;

const ROUTE_KEY = 'ANY /api/users/{proxy+}';

const NO_VERDICT: Authorized = { isAuthorized: true, context: { verdict: 'verified', client: 'sub:alice' } };
const NO_RESULT: Result = {
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ id: 42, name: 'Alice', email: 'alice@example.com', roles: ['admin'], active: true }),
};

const authorizer = await handlerOf<Authorized>('BENCH_AUTHORIZER', NO_VERDICT);
const proxy = await handlerOf<Result>('BENCH_PROXY', NO_RESULT);
let requests = 0;

/** A context belongs to one invocation: middlewares write into it. */
function context(): object {
  return { awsRequestId: 'invoke', functionName: 'bench', getRemainingTimeInMillis: () => 10_000 };
}

async function handlerOf<Output>(variable: string, constant: Output): Promise<Handler<Output>> {
  const file = process.env[variable];
  if (file === undefined) return () => Promise.resolve(constant);
  return ((await import(file)) as { handler: Handler<Output> }).handler;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const event = eventOf(request);
  const authorized = await authorizer({ ...event, type: 'REQUEST' }, context());
  if (!authorized.isAuthorized) return void response.writeHead(403).end();
  const requestContext = { ...event.requestContext, authorizer: { lambda: authorized.context } };
  const result = await proxy({ ...event, requestContext }, context());
  const body = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8');
  response.writeHead(result.statusCode ?? 200, { ...result.headers, 'content-length': body.length });
  response.end(body);
}

function eventOf(request: IncomingMessage) {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const method = request.method ?? 'GET';
  requests += 1;
  return {
    version: '2.0',
    routeKey: ROUTE_KEY,
    rawPath: path,
    rawQueryString: query,
    headers: request.headers,
    isBase64Encoded: false,
    requestContext: {
      accountId: '123456789012',
      apiId: 'bench',
      domainName: 'api.example.com',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'bench' },
      requestId: `request-${requests}`,
      routeKey: ROUTE_KEY,
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1767225600000,
    },
  };
}

serve(
  createServer((request, response) => {
    request.resume();
    answer(request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    });
  }),
);
