import { randomBytes } from 'node:crypto';
import type { ApiModel, RouteModel } from '../assembly/model.ts';
import type { Invoke, Outcome } from '../functions/invocation.ts';
import { INSTANCES_LIMIT } from '../functions/lambda-function.ts';
import { type AnswerStatus, answer } from './answers.ts';
import { readPath } from './api-path.ts';
import { type Authorize, createAuthorize } from './ask-authorizer.ts';
import { isPreflight, preflightAnswer, withCors } from './cors-headers.ts';
import { proxyEvent, type RequestFacts, splitTarget } from './event.ts';
import type { Request, Response } from './message.ts';
import { headersTooLarge, replyHeadersTooLarge } from './payload-limits.ts';
import { remapped } from './remapped.ts';
import { responseOf } from './reply.ts';
import { withResponseParameters } from './response-parameters.ts';
import { type Selection, selectRoute } from './routes.ts';
import { type Admit, createThrottle } from './throttle.ts';

/** This machine's limit, not Lambda's: the function is not slow. */
const NO_FREE_INSTANCE = `no free instance in time: all ${INSTANCES_LIMIT} of the local run were busy`;

/** Reported for each request when its response is ready. */
export interface RequestReport {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** Undefined: no route was selected. */
  readonly routeKey: string | undefined;
  readonly status: number;
  readonly latencyMs: number;
  /** Why API Gateway itself answered; undefined: the function's reply was sent. */
  readonly reason: string | undefined;
}

export interface ApiOptions {
  readonly model: ApiModel;
  readonly invoke: Invoke;
  readonly nowMs: () => number;
  readonly report: (report: RequestReport) => void;
}

/** Result of a step: API Gateway's own answer with its reason, or the function's answer. */
interface Result {
  readonly response: Response;
  readonly routeKey?: string;
  readonly reason?: string;
}

export type Api = (request: Request) => Promise<Response>;

/** An HTTP API as a function from requests to responses. */
export function createApi(options: ApiOptions): Api {
  const { model, nowMs, report } = options;
  const steps = { authorize: createAuthorize(options.invoke), admit: createThrottle(model.stage) };
  return async (request) => {
    const startMs = nowMs();
    const requestId = createRequestId();
    const facts = { requestId, nowMs: startMs, api: model };
    const result = await serve(request, facts, { ...options, ...steps }).catch(fault);
    const { response, routeKey, reason } = result;
    const { path } = splitTarget(request.target);
    report({
      requestId,
      method: request.method,
      path,
      routeKey,
      status: response.status,
      latencyMs: nowMs() - startMs,
      reason,
    });
    const finished = model.cors ? withCors(response, model.cors, request.method, request.headers) : response;
    return { ...finished, headers: [...finished.headers, ['apigw-requestid', requestId]] };
  };
}

type Steps = ApiOptions & { readonly authorize: Authorize; readonly admit: Admit };
type Facts = Pick<RequestFacts, 'requestId' | 'nowMs' | 'api'>;

async function serve(request: Request, facts: Facts, steps: Steps): Promise<Result> {
  if (headersTooLarge(request)) return own(431, 'request line and headers over 10,240 bytes');
  if (request.bodyTooLarge) return own(413, 'body over 10 MB');
  const selection = select(steps.model.routes, request);
  if (selection === 'malformed') return own(400, 'path cannot be decoded twice');
  // A route that matches OPTIONS (also `ANY` and `$default`) handles the preflight, with its authorizer.
  if (!selection && steps.model.cors && isPreflight(request.method, request.headers)) {
    return { response: preflightAnswer(steps.model.cors, request.headers), reason: 'CORS preflight' };
  }
  if (!selection) return own(404, 'no route');
  const { routeKey } = selection.route;
  return { routeKey, ...(await serveRoute(request, { ...facts, routeKey, ...selection }, selection.route, steps)) };
}

function select(routes: readonly RouteModel[], request: Request): Selection<RouteModel> | 'malformed' | undefined {
  try {
    return selectRoute(routes, request.method, readPath(splitTarget(request.target).path).routed);
  } catch (error) {
    if (error instanceof URIError) return 'malformed';
    throw error;
  }
}

async function serveRoute(request: Request, facts: RequestFacts, route: RouteModel, steps: Steps): Promise<Result> {
  if (!steps.admit(route.routeKey, facts.nowMs)) return own(429, 'stage throttle');
  if (!route.authorizer) return forward(proxyEvent(request, facts), route, steps);
  const authorization = await steps.authorize(route.authorizer, request, facts);
  switch (authorization.kind) {
    case 'unidentified':
      return own(401, 'identity source missing');
    case 'denied':
      return own(403, 'denied by the authorizer');
    case 'faulty':
      return own(500, 'authorizer failed');
    case 'allowed':
      return forward(proxyEvent(request, facts, { lambda: authorization.context }), route, steps);
  }
}

async function forward(event: object, route: RouteModel, { invoke }: Steps): Promise<Result> {
  return resultOf(await invoke(route.functionName, event, route.integrationTimeoutMs), route);
}

function resultOf(outcome: Outcome, route: RouteModel): Result {
  switch (outcome.kind) {
    case 'replied':
      return replyOf(outcome.payload, route);
    case 'failed':
      return own(500, outcome.errorType);
    case 'late':
      return own(503, outcome.waiting ? NO_FREE_INSTANCE : 'integration timeout');
    case 'throttled':
      return own(503, 'function throttled');
    case 'too-large':
      return own(413, 'event over 6 MB');
  }
}

function replyOf(payload: string, { responseParameters }: RouteModel): Result {
  const response = responseOf(payload);
  if (!response) return own(500, 'reply malformed');
  if (replyHeadersTooLarge(response.headers)) return own(500, 'reply headers over 10,240 bytes');
  const headers = withResponseParameters(remapped(response.headers), responseParameters[response.status] ?? []);
  return { response: { ...response, headers } };
}

/** A fault of the local run itself. */
function fault(error: unknown): Result {
  return own(500, `fault of the local run: ${String(error)}`);
}

function own(status: AnswerStatus, reason: string): Result {
  return { response: answer(status), reason };
}

/** API Gateway's ids have this form: `JKJaXmPLvHcESHA=`. */
function createRequestId(): string {
  return `${randomBytes(11).toString('base64url').replace(/[-_]/g, '0')}=`;
}
