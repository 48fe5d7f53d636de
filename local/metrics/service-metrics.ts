import type { Invocation } from '../functions/fleet.ts';
import type { RequestReport } from '../http/api.ts';
import type { Sample } from './metric-store.ts';

/**
 * The metrics that Lambda itself emits for an event. An event that reaches no function emits no `Invocations`, not even
 * 0.
 */
export function lambdaSamples({ functionName, outcome, durationMs }: Invocation, nowMs: number): readonly Sample[] {
  const isInvoked = outcome.kind === 'replied' || outcome.kind === 'failed';
  const values = {
    Throttles: outcome.kind === 'throttled' ? 1 : 0,
    ...(isInvoked && { Invocations: 1, Errors: outcome.kind === 'failed' ? 1 : 0, Duration: durationMs }),
  };
  return samples('AWS/Lambda', { FunctionName: functionName }, values, nowMs);
}

/** The metrics that API Gateway itself emits for a request, for the API and for its stage. */
export function apiSamples(apiId: string, { status, latencyMs }: RequestReport, nowMs: number): readonly Sample[] {
  const values = {
    Count: 1,
    '4xx': status >= 400 && status < 500 ? 1 : 0,
    '5xx': status >= 500 ? 1 : 0,
    Latency: latencyMs,
  };
  return [{ ApiId: apiId }, { ApiId: apiId, Stage: '$default' }].flatMap((dimensions) =>
    samples('AWS/ApiGateway', dimensions, values, nowMs),
  );
}

function samples(
  namespace: string,
  dimensions: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
  timestampMs: number,
): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({
    metric: { namespace, name, dimensions },
    value,
    timestampMs,
    resolutionS: 60,
  }));
}
