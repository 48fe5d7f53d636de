import { writeLine } from '../adapters/log.ts';
import type { ServicePolicy } from '../contract/policy.ts';
import { emf, type MetricValues } from '../core/emf.ts';
import { PROBLEMS } from '../core/problem.ts';
import type { Exchange, ProxyEvent, ProxyResult, Stage } from './exchange.ts';

/** A path is logged up to this length; a query never is, since tokens and keys are put there. */
const MAX_LOGGED_PATH = 1024;

export interface AccessLogOptions {
  readonly policy: ServicePolicy;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** The failed calls to the stores since it was last asked. */
  readonly takeStoreErrors: () => number;
}

/** Opens the exchange and, when the answer stands, writes its one line: the access log and the metrics together. */
export function accessLog({ policy, clock, monotonic, takeStoreErrors }: AccessLogOptions): Stage {
  let coldStart = true;

  function write(event: ProxyEvent, exchange: Exchange, response: ProxyResult): void {
    const latencyMs = monotonic() - exchange.startedAtMs;
    const fields = describe(event, exchange, response, policy, latencyMs);
    const metrics = measure(exchange, response, latencyMs, takeStoreErrors());
    writeLine(emf(policy, metrics, clock(), fields));
  }

  return {
    before: ({ event, context }) => {
      const { requestId } = event.requestContext;
      context.exchange = {
        requestId,
        startedAtMs: monotonic(),
        coldStart,
        responseHeaders: { 'x-request-id': requestId },
      };
      coldStart = false;
    },
    after: ({ event, context, response }) => {
      if (response) write(event, context.exchange, response);
    },
    onError: ({ event, context, response }) => {
      if (response) write(event, context.exchange, response);
    },
  };
}

function describe(
  event: ProxyEvent,
  exchange: Exchange,
  response: ProxyResult,
  policy: ServicePolicy,
  latencyMs: number,
): Record<string, unknown> {
  const { verdict, forwarded } = exchange;
  return {
    request_id: exchange.requestId,
    user_id: verdict?.verdict === 'verified' ? verdict.sub : '',
    client: exchange.client ?? '',
    service: policy.service,
    upstream: policy.upstream,
    route: exchange.route?.key ?? event.routeKey,
    method: event.requestContext.http.method,
    path: event.rawPath.slice(0, MAX_LOGGED_PATH),
    status: response.statusCode,
    latency_ms: round(latencyMs),
    upstream_ms: forwarded === undefined ? null : round(forwarded.upstreamMs),
    overhead_ms: round(latencyMs - (forwarded?.upstreamMs ?? 0)),
    verdict: verdict?.verdict ?? 'none',
    limited: exchange.decision?.allowed === false,
    circuit: exchange.circuit?.state.state ?? 'none',
    bytes_out: bytesOf(response),
    cold_start: exchange.coldStart,
  };
}

function measure(exchange: Exchange, response: ProxyResult, latencyMs: number, storeErrors: number): MetricValues {
  const { forwarded, decision, circuit } = exchange;
  const authRejected = response.statusCode === PROBLEMS.invalid_token.status && forwarded === undefined;
  const scopeRejected = response.statusCode === PROBLEMS.insufficient_scope.status && forwarded === undefined;
  return {
    Requests: 1,
    Overhead: round(latencyMs - (forwarded?.upstreamMs ?? 0)),
    ...(forwarded && { UpstreamLatency: round(forwarded.upstreamMs), Failures: forwarded.failed ? 1 : 0 }),
    ...(decision?.allowed === false && { RateLimited: 1 }),
    ...(circuit?.admission === 'reject' && { CircuitRejected: 1 }),
    ...((authRejected || scopeRejected) && { AuthRejected: 1 }),
    ...(storeErrors > 0 && { StoreErrors: storeErrors }),
  };
}

function bytesOf({ body, isBase64Encoded }: ProxyResult): number {
  return body === undefined ? 0 : Buffer.byteLength(body, isBase64Encoded === true ? 'base64' : 'utf8');
}

/** To a tenth of a millisecond: more digits are noise that is paid by the byte. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
