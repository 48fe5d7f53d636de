import { writeLine } from '../../adapters/log.ts';
import { masked } from '../../contract/masked.ts';
import { Metric, type MetricName } from '../../contract/metrics.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { tellsHealth } from '../../core/circuit/outcome.ts';
import type { Problem, ProblemCode } from '../../core/http/problem.ts';
import type { LimitResult } from '../../core/limits/limiter.ts';
import { emf, type MetricValues } from '../../core/text/emf.ts';
import type { AskedCircuit, Exchange, ProxyEvent, ProxyResult } from '../exchange.ts';
import { type Stage, stage } from '../stage.ts';
import { limitFields, limitMetrics } from './limit-report.ts';

/** What clients choose is logged up to these lengths, masked; a query never is, since tokens and keys are put there. */
const MAX_LOGGED = { method: 16, path: 1024, userAgent: 128 };

/** Who sent a request away. */
const REJECTIONS: Readonly<Partial<Record<ProblemCode, MetricName>>> = {
  unauthorized: Metric.authRejected,
  invalid_token: Metric.authRejected,
  insufficient_scope: Metric.authRejected,
  rate_limited: Metric.rateLimited,
  too_many_concurrent: Metric.rateLimited,
  limits_unavailable: Metric.failedClosed,
  circuit_open: Metric.circuitRejected,
};

export interface LogLineOptions {
  readonly policy: ServicePolicy;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** What befell the stores since it was last asked. */
  readonly takeStoreEvents: () => StoreEvents;
}

/** Calls to the stores that failed; how often Redis was lost and found again. */
export interface StoreEvents {
  readonly errors: number;
  readonly lost: number;
  readonly recovered: number;
}

/** Opens the exchange and, when the answer stands, writes its one line: what is known of the request, and the metrics. */
export function logLine({ policy, clock, monotonic, takeStoreEvents }: LogLineOptions): Stage<never, 'requestId'> {
  let coldStart = true;

  function write(event: ProxyEvent, exchange: Exchange, response: ProxyResult): void {
    const latencyMs = monotonic() - exchange.startedAtMs;
    const fields = describe(event, exchange, response, policy, latencyMs);
    const metrics = measure(exchange, latencyMs, takeStoreEvents());
    writeLine(emf(policy, metrics, clock(), fields));
  }

  return stage({
    needs: [],
    gives: ['requestId'],
    before: ({ event, context }) => {
      context.exchange = { requestId: event.requestContext.requestId, startedAtMs: monotonic(), coldStart };
      coldStart = false;
    },
    after: ({ event, context, response }) => {
      if (response) write(event, context.exchange, response);
    },
    onError: ({ event, context, response }) => {
      if (response) write(event, context.exchange, response);
    },
  });
}

function describe(
  event: ProxyEvent,
  exchange: Exchange,
  response: ProxyResult,
  policy: ServicePolicy,
  latencyMs: number,
): Record<string, unknown> {
  const { verdict, forwarded } = exchange;
  const { http } = event.requestContext;
  const retries = retriesOf(exchange);
  return {
    request_id: exchange.requestId,
    user_id: verdict === undefined || verdict.verdict === 'anonymous' ? '' : verdict.sub,
    client: exchange.client ?? '',
    service: policy.service,
    upstream: policy.upstream,
    route: exchange.route?.keys[0] ?? event.routeKey,
    method: http.method.slice(0, MAX_LOGGED.method),
    path: masked(event.rawPath).slice(0, MAX_LOGGED.path),
    status: response.statusCode,
    ...(exchange.fault && { upstream_error: exchange.fault }),
    latency_ms: round(latencyMs),
    upstream_ms: forwarded === undefined ? null : round(forwarded.upstreamMs),
    overhead_ms: round(latencyMs - (forwarded?.upstreamMs ?? 0)),
    ...(retries > 0 && { retries }),
    verdict: verdict?.verdict ?? 'none',
    ...limitFields(exchange.ruling, exchange.cost),
    circuit: circuitWord(exchange.circuit),
    ...(exchange.circuit?.isShadowed && { circuit_shadow: true }),
    ...(exchange.fallback && { fallback: true }),
    bytes_out: bytesOf(response),
    cold_start: exchange.coldStart,
    user_agent: masked(http.userAgent ?? '').slice(0, MAX_LOGGED.userAgent),
  };
}

function measure(exchange: Exchange, latencyMs: number, { errors, lost, recovered }: StoreEvents): MetricValues {
  const { circuit, forwarded, problem, ruling } = exchange;
  const rejection = problem && rejectionOf(problem, ruling);
  const retries = retriesOf(exchange);
  return {
    [Metric.requests]: 1,
    [Metric.overhead]: round(latencyMs - (forwarded?.upstreamMs ?? 0)),
    ...(forwarded && { [Metric.failures]: forwarded.failed ? 1 : 0 }),
    // How long an event stream or a refused body took must not open a circuit that counts slow requests.
    ...(forwarded?.attempts.every(({ result }) => tellsHealth(result)) && {
      [Metric.upstreamLatency]: round(forwarded.upstreamMs),
    }),
    ...(retries > 0 && { [Metric.retries]: retries }),
    ...(rejection && { [rejection]: 1 }),
    ...(circuit?.isShadowed && { [Metric.shadowRejected]: 1 }),
    ...(ruling && limitMetrics(ruling)),
    ...(errors > 0 && { [Metric.storeErrors]: errors }),
    ...(lost > 0 && { [Metric.storeLost]: lost }),
    ...(recovered > 0 && { [Metric.storeRecovered]: recovered }),
  };
}

/** The state that was asked; one that has closed and rejects all the same is ramping up. */
function circuitWord(asked: AskedCircuit | null | undefined): string {
  if (!asked) return 'none';
  const { state } = asked.state;
  return state === 'closed' && asked.admission === 'reject' ? 'ramp-up' : state;
}

function retriesOf({ forwarded }: Exchange): number {
  return forwarded === undefined ? 0 : forwarded.attempts.length - 1;
}

/** A revoked credential is refused as an invalid token, yet the authorizer accepted it. */
function rejectionOf({ code }: Problem, ruling: LimitResult | null | undefined): MetricName | undefined {
  return ruling?.outcome === 'revoked' ? Metric.revoked : REJECTIONS[code];
}

function bytesOf({ body, isBase64Encoded }: ProxyResult): number {
  return body === undefined ? 0 : Buffer.byteLength(body, isBase64Encoded === true ? 'base64' : 'utf8');
}

/** To a tenth of a millisecond: more digits are noise that is paid by the byte. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
