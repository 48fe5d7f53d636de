import { writeLine } from '../../adapters/log.ts';
import { masked } from '../../contract/masked.ts';
import { Metric, type MetricName } from '../../contract/metrics.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { isHealthSignal } from '../../core/circuit/outcome.ts';
import { Problem, type ProblemCode, UpstreamProblem } from '../../core/http/problem.ts';
import { limitFields, limitMetrics } from '../../core/limits/limit-report.ts';
import type { LimitResult } from '../../core/limits/limiter.ts';
import { emf, type MetricValues } from '../../core/text/emf.ts';
import type { CircuitDecision, Exchange, ExchangeWith, ProxyEvent, ProxyResult } from '../exchange.ts';
import type { PipelineOptions, StoreEvents } from '../pipeline-options.ts';
import { type ProxyRequest, type Stage, stage } from '../stage.ts';
import { fallbackFor } from './answering.ts';

/** Texts that clients choose are masked and cut to these lengths. The query is never logged: it may hold tokens and keys. */
const MAX_LOGGED = { method: 16, path: 1024, userAgent: 128 };

/** The metric that counts a refused request. */
const REJECTIONS: Readonly<Partial<Record<ProblemCode, MetricName>>> = {
  unauthorized: Metric.authRejected,
  invalid_token: Metric.authRejected,
  insufficient_scope: Metric.authRejected,
  rate_limited: Metric.rateLimited,
  too_many_concurrent: Metric.rateLimited,
  limits_unavailable: Metric.failedClosed,
  circuit_open: Metric.circuitRejected,
};

type Options = Pick<PipelineOptions, 'policy' | 'clock' | 'monotonic' | 'takeStoreEvents'>;
type Opened = 'requestId' | 'startedAtMs' | 'coldStart';

/** Opens the exchange and writes one line for each request, when its answer is ready: log fields and metrics. */
export function logLine({ policy, clock, monotonic, takeStoreEvents }: Options): Stage<never, Opened> {
  let isFirst = true;

  function write(request: ProxyRequest, opened: ExchangeWith<Opened>): void {
    const { response, error, context } = request;
    if (!response) return;
    const ended: Ended = {
      ...context.exchange,
      ...opened,
      response,
      problem: error instanceof Problem ? error : undefined,
    };
    const latencyMs = monotonic() - opened.startedAtMs;
    const fields = describe(request.event, ended, policy, latencyMs);
    writeLine(emf(policy, measure(ended, latencyMs, takeStoreEvents()), clock(), fields));
  }

  return stage({
    needs: [],
    gives: ['requestId', 'startedAtMs', 'coldStart'],
    before: ({ event, context }) => {
      const coldStart = isFirst;
      isFirst = false;
      context.exchange = {};
      return { requestId: event.requestContext.requestId, startedAtMs: monotonic(), coldStart };
    },
    back: write,
  });
}

/** A request at its end. The parts of the stages that it did not reach are missing. */
type Ended = Exchange &
  ExchangeWith<Opened> & { readonly response: ProxyResult; readonly problem: Problem | undefined };

function describe(
  { requestContext: { http }, routeKey, rawPath }: ProxyEvent,
  exchange: Ended,
  policy: ServicePolicy,
  latencyMs: number,
): Record<string, unknown> {
  const { verdict, forwarded, problem, counted } = exchange;
  const retries = retriesOf(exchange);
  return {
    request_id: exchange.requestId,
    user_id: !verdict || verdict.verdict === 'anonymous' ? '' : verdict.sub,
    client: exchange.client ?? '',
    service: policy.service,
    upstream: policy.upstream,
    route: exchange.route?.keys[0] ?? routeKey,
    method: http.method.slice(0, MAX_LOGGED.method),
    path: masked(rawPath).slice(0, MAX_LOGGED.path),
    status: exchange.response.statusCode,
    ...(problem instanceof UpstreamProblem && { upstream_error: problem.fault }),
    latency_ms: round(latencyMs),
    upstream_ms: forwarded === undefined ? null : round(forwarded.upstreamMs),
    overhead_ms: round(latencyMs - (forwarded?.upstreamMs ?? 0)),
    ...(retries > 0 && { retries }),
    verdict: verdict?.verdict ?? 'none',
    ...limitFields(counted?.result, counted?.request.cost),
    circuit: circuitWord(exchange.circuit),
    ...(exchange.circuit?.isShadowed && { circuit_shadow: true }),
    ...(problem && fallbackFor(problem, policy) && { fallback: true }),
    bytes_out: bytesOf(exchange.response),
    cold_start: exchange.coldStart,
    user_agent: masked(http.userAgent ?? '').slice(0, MAX_LOGGED.userAgent),
  };
}

function measure(exchange: Ended, latencyMs: number, { errors, lost, recovered }: StoreEvents): MetricValues {
  const { circuit, forwarded, problem, counted } = exchange;
  const rejection = problem && rejectionOf(problem, counted?.result);
  const retries = retriesOf(exchange);
  return {
    [Metric.requests]: 1,
    [Metric.overhead]: round(latencyMs - (forwarded?.upstreamMs ?? 0)),
    ...(forwarded && { [Metric.failures]: forwarded.failed ? 1 : 0 }),
    // The time of an event stream or a refused body must not open a circuit that counts slow requests.
    ...(forwarded?.attempts.every(({ result }) => isHealthSignal(result)) && {
      [Metric.upstreamLatency]: round(forwarded.upstreamMs),
    }),
    ...(retries > 0 && { [Metric.retries]: retries }),
    ...(rejection && { [rejection]: 1 }),
    ...(circuit?.isShadowed && { [Metric.shadowRejected]: 1 }),
    ...(counted && limitMetrics(counted.result)),
    ...(errors > 0 && { [Metric.storeErrors]: errors }),
    ...(lost > 0 && { [Metric.storeLost]: lost }),
    ...(recovered > 0 && { [Metric.storeRecovered]: recovered }),
  };
}

/** The state that the request met; a closed circuit that rejects is ramping up. */
function circuitWord(circuit: CircuitDecision | null | undefined): string {
  if (!circuit) return 'none';
  const { state } = circuit.state;
  return state === 'closed' && circuit.action === 'reject' ? 'ramp-up' : state;
}

function retriesOf({ forwarded }: Exchange): number {
  return forwarded === undefined ? 0 : forwarded.attempts.length - 1;
}

/** A revoked credential is refused as an invalid token, although the authorizer accepted it. */
function rejectionOf({ code }: Problem, result: LimitResult | undefined): MetricName | undefined {
  return result?.outcome === 'revoked' ? Metric.revoked : REJECTIONS[code];
}

function bytesOf({ body, isBase64Encoded }: ProxyResult): number {
  return body === undefined ? 0 : Buffer.byteLength(body, isBase64Encoded === true ? 'base64' : 'utf8');
}

/** To a tenth of a millisecond: CloudWatch bills the bytes of further digits. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
