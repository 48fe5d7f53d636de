import { type Headers, header, type Response } from './message.ts';

/** The `CorsConfiguration` of an HTTP API. */
export interface CorsConfiguration {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeS: number | null;
}

/** `OPTIONS` with both headers that a browser's preflight has. */
export function isPreflight(method: string, headers: Headers): boolean {
  return (
    method === 'OPTIONS' &&
    header(headers, 'origin') !== undefined &&
    header(headers, 'access-control-request-method') !== undefined
  );
}

/** API Gateway's own answer to a preflight; an origin that is not allowed gets no CORS headers. */
export function preflightAnswer(cors: CorsConfiguration, requestHeaders: Headers): Response {
  return withCors({ status: 204, headers: [], body: Buffer.alloc(0) }, cors, 'OPTIONS', requestHeaders);
}

/** The response with the configured CORS headers in place of those that the integration set. */
export function withCors(
  response: Response,
  cors: CorsConfiguration,
  method: string,
  requestHeaders: Headers,
): Response {
  const own = response.headers.filter(([name]) => !name.toLowerCase().startsWith('access-control-'));
  const allowed = allowedOrigin(cors, header(requestHeaders, 'origin'));
  if (allowed === undefined) return { ...response, headers: own };
  const added = isPreflight(method, requestHeaders) ? preflightHeaders(cors) : actualHeaders(cors);
  const credentials = cors.allowCredentials ? ([['access-control-allow-credentials', 'true']] as const) : [];
  return { ...response, headers: [...own, ['access-control-allow-origin', allowed], ...credentials, ...added] };
}

function preflightHeaders({ allowMethods, allowHeaders, maxAgeS }: CorsConfiguration): Headers {
  return [
    ...listHeader('access-control-allow-methods', allowMethods),
    ...listHeader('access-control-allow-headers', allowHeaders),
    ...listHeader('access-control-max-age', maxAgeS === null ? [] : [String(maxAgeS)]),
  ];
}

function actualHeaders({ exposeHeaders }: CorsConfiguration): Headers {
  return listHeader('access-control-expose-headers', exposeHeaders);
}

function listHeader(name: string, values: readonly string[]): Headers {
  return values.length === 0 ? [] : [[name, values.join(',')]];
}

/** `*`, the origin, or undefined if it is not allowed. `https://*` allows every origin with that prefix. */
function allowedOrigin(cors: CorsConfiguration, origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined;
  if (cors.allowOrigins.includes('*')) return '*';
  const allowed = cors.allowOrigins.some((pattern) =>
    pattern.endsWith('*') ? origin.startsWith(pattern.slice(0, -1)) : pattern.toLowerCase() === origin.toLowerCase(),
  );
  return allowed ? origin : undefined;
}
