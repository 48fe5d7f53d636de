import type {
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { UpstreamRequest } from '../adapters/http/upstream.ts';
import type { Verdict } from '../contract/auth/verdict.ts';
import type { CircuitState } from '../contract/circuit/circuit-state.ts';
import type { CircuitAction } from '../core/circuit/circuit-action.ts';
import type { AttemptResult } from '../core/circuit/outcome.ts';
import type { Problem } from '../core/http/problem.ts';
import type { SelectedRoute } from '../core/http/route-match.ts';
import type { LimitRequest, LimitResult } from '../core/limits/limiter.ts';

/** What the pipeline finds out about one request. One stage gives each part; null: the stage found nothing. */
export interface Parts {
  /** From the log line, as are the next two. */
  readonly requestId: string;
  /** By a clock that only goes forward. */
  readonly startedAtMs: number;
  /** True for the first request of this instance. */
  readonly coldStart: boolean;
  /** Work that starts when the answer is there and ends before the reply leaves: each stage adds its own. From settling. */
  readonly atEnd: WorkAtEnd[];
  /** Fields of every response: each stage adds its own. From `answers`. */
  readonly responseHeaders: Record<string, string>;
  /** The policies of this request. From routing. */
  readonly route: SelectedRoute;
  /** Why the path is refused, after the limits have counted the request. From routing. */
  readonly pathProblem: Problem | null;
  /** From authentication, as are the next two. */
  readonly verdict: Verdict | null;
  /** The client that limits count. */
  readonly client: string;
  readonly denial: Denial | null;
  /** From rate limiting. */
  readonly counted: Counted | null;
  /** The request to the upstream. From composing. */
  readonly message: UpstreamRequest;
  /** Null for a service without a circuit. From circuit breaking. */
  readonly circuit: CircuitDecision | null;
  /** When the answer must be complete, by the clock that only goes forward. From circuit breaking, which may wait. */
  readonly deadlineAtMs: number;
  /** From the handler. */
  readonly forwarded: Forwarded;
}
export type Part = keyof Parts;

export type ExchangeWith<Needs extends Part> = Pick<Parts, Needs>;

/** One request at any time: a part is missing until its stage has given it. Only the log line reads it so. */
export type Exchange = Partial<Parts>;

/** Undefined where there is nothing to wait for. @param forwarded undefined: the request was not forwarded */
export type WorkAtEnd = (forwarded: Forwarded | undefined) => Promise<unknown> | undefined;

/** Why authentication refuses a request. */
export interface Denial {
  readonly problem: Problem;
  /** Whose limits count the request before it is refused; null: it is refused at once. */
  readonly countedFor: 'client' | 'address' | null;
}

/** What the limiter was asked, and its answer. */
export interface Counted {
  readonly request: LimitRequest;
  readonly result: LimitResult;
}

/** What the circuit does with one request. */
export interface CircuitDecision {
  readonly state: CircuitState;
  readonly action: CircuitAction;
  /** The lease by which this request is a probe. */
  readonly probe?: string;
  /** True: the circuit would reject the request, and lets it pass in shadow mode. */
  readonly isShadowed?: boolean;
}

/** One time that a request was sent to the upstream. */
export interface AttemptOutcome {
  readonly result: AttemptResult;
  readonly ms: number;
}

export interface Forwarded {
  /** From the first attempt until the last byte of the last one's answer, the pauses between them included. */
  readonly upstreamMs: number;
  /** In their order, at least one; the client gets the answer to the last one. */
  readonly attempts: readonly AttemptOutcome[];
  /** Whether the last attempt counts as a failure for the circuit. */
  readonly failed: boolean;
}

export type ProxyEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<unknown>;
export type ProxyResult = APIGatewayProxyStructuredResultV2;
/** In middy, stages and the handler share data through the context. */
export type ProxyContext = Context & { exchange: Exchange };
