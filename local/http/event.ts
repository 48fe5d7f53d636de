import { isUtf8 } from 'node:buffer';
import type { ApiModel } from '../assembly/model.ts';
import { readPath } from './api-path.ts';
import { type Headers, header, type Request } from './message.ts';

/** Facts about a request that its bytes do not hold. */
export interface RequestFacts {
  readonly requestId: string;
  readonly nowMs: number;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly api: ApiModel;
}

/** The fields that an authorizer's event and a function's event share (payload format 2.0). */
function commonEvent(request: Request, facts: RequestFacts) {
  const { path, query } = splitTarget(request.target);
  const cookies = cookiesOf(request.headers);
  const { variables } = facts.api.stage;
  return {
    version: '2.0',
    routeKey: facts.routeKey,
    // Despite the field's name, an HTTP API passes the decoded path on; the query stays as sent.
    rawPath: readPath(path).raw,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers: eventHeaders(request, facts),
    ...(query !== '' && { queryStringParameters: queryParameters(query) }),
    requestContext: requestContext(request, facts),
    ...(Object.keys(facts.pathParameters).length > 0 && { pathParameters: facts.pathParameters }),
    ...(Object.keys(variables).length > 0 && { stageVariables: variables }),
  };
}

/** The event of a function behind a route; `authorizer` is the context that the route's authorizer gave. */
export function proxyEvent(request: Request, facts: RequestFacts, authorizer?: { readonly lambda: unknown }) {
  const common = commonEvent(request, facts);
  const isBase64Encoded = request.body.length > 0 && !isText(request);
  return {
    ...common,
    requestContext: { ...common.requestContext, ...(authorizer && { authorizer }) },
    ...(request.body.length > 0 && { body: request.body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

/** The event of a REQUEST authorizer. */
export function authorizerEvent(request: Request, facts: RequestFacts, identitySource: readonly string[]) {
  const { account, region, id, stage } = facts.api;
  const route = facts.routeKey === '$default' ? '$default' : facts.routeKey.replace(' ', '');
  return {
    ...commonEvent(request, facts),
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:${region}:${account}:${id}/${stage.name}/${route}`,
    identitySource,
  };
}

export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Names in lower case, repeated headers joined by commas, no cookies, and the edge's own headers. */
function eventHeaders(request: Request, { requestId, nowMs }: RequestFacts): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase();
    if (key === 'cookie' || key === 'connection' || key === 'transfer-encoding') continue;
    headers[key] = Object.hasOwn(headers, key) ? `${headers[key]},${value}` : value;
  }
  const forwarded = headers['x-forwarded-for'];
  return {
    ...headers,
    'x-forwarded-for': forwarded === undefined ? request.sourceIp : `${forwarded}, ${request.sourceIp}`,
    'x-forwarded-proto': 'http',
    'x-forwarded-port': headers['host']?.split(':')[1] ?? '80',
    'x-amzn-trace-id': headers['x-amzn-trace-id'] ?? traceId(requestId, nowMs),
  };
}

/** `Root=1-<epoch seconds>-<24 hex digits>` (AWS X-Ray). */
function traceId(requestId: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000).toString(16);
  return `Root=1-${seconds}-${Buffer.from(requestId.padEnd(12, '0')).toString('hex').slice(0, 24)}`;
}

function cookiesOf(headers: Headers): readonly string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(';').map((cookie) => cookie.trim()))
    .filter((cookie) => cookie !== '');
}

function queryParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = parameters[name] === undefined ? value : `${parameters[name]},${value}`;
  }
  return parameters;
}

function requestContext(request: Request, { requestId, nowMs, routeKey, api }: RequestFacts) {
  const domainName = (header(request.headers, 'host') ?? 'localhost').replace(/:\d+$/, '');
  return {
    accountId: api.account,
    apiId: api.id,
    domainName,
    domainPrefix: domainName.split('.')[0] ?? domainName,
    http: {
      method: request.method,
      path: readPath(splitTarget(request.target).path).raw,
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent: header(request.headers, 'user-agent') ?? '',
    },
    requestId,
    routeKey,
    stage: api.stage.name,
    time: commonLogTime(nowMs),
    timeEpoch: nowMs,
  };
}

/** `24/Nov/2026:03:50:10 +0000` */
function commonLogTime(nowMs: number): string {
  const [, day, month, year, time] = new Date(nowMs).toUTCString().split(/,? /);
  return `${day}/${month}/${year}:${time} +0000`;
}

/**
 * True if the body reaches the function as text: uncompressed UTF-8 of a textual media type. Other bodies are base64,
 * also those of forms (`application/x-www-form-urlencoded`).
 */
function isText({ headers, body }: Request): boolean {
  const type = (header(headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const textual = /^text\/|^application\/(json|xml|javascript)$|\+(json|xml)$/.test(type);
  return textual && header(headers, 'content-encoding') === undefined && isUtf8(body);
}
