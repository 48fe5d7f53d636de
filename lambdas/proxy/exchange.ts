import type {
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { UpstreamRequest } from '../adapters/http/upstream.ts';
import type { Verdict } from '../contract/auth/verdict.ts';
import type { FallbackPolicy } from '../contract/circuit/circuit-policy.ts';
import type { CircuitState } from '../contract/circuit/circuit-state.ts';
import type { Admission } from '../core/circuit/circuit-admission.ts';
import type { AttemptError, AttemptResult } from '../core/circuit/outcome.ts';
import type { Problem } from '../core/http/problem.ts';
import type { SelectedRoute } from '../core/http/route-match.ts';
import type { LimitRequest, LimitResult } from '../core/limits/limiter.ts';

/** Parts of an exchange that later stages depend on. A missing part is not decided yet. */
export interface Parts {
  /** From the log line. */
  readonly requestId: string;
  /** Fields that every response gets. From `answers`. */
  responseHeaders: Record<string, string>;
  /** The policies that hold. From routing. */
  route: SelectedRoute;
  /** Who limits count. From authentication. */
  client: string;
  /** What the limits said; null: there was nothing to ask. From rate limiting. */
  ruling: LimitResult | null;
  /** What the upstream will be sent. From composing. */
  message: UpstreamRequest;
  /** What the circuit said; null: the service has none. From circuit breaking. */
  circuit: AskedCircuit | null;
  /** Leases go back as soon as the answer is there. From `leases`. */
  returnsLeases: true;
}
export type Part = keyof Parts;

/** One request and what the stages of the pipeline found out about it, each stage adding its own part. */
export interface Exchange extends Partial<Parts> {
  readonly requestId: string;
  /** Of a clock that only goes forward. */
  readonly startedAtMs: number;
  /** True for the first request of this instance. */
  readonly coldStart: boolean;
  verdict?: Verdict;
  /** Why the request will not be forwarded, although the limits count it first. */
  refusal?: Problem;
  /** Units that the limits were asked for. */
  cost?: number;
  /** The request whose leases are still to be given back. */
  leased?: LimitRequest;
  /** Fulfilled when they are given back, or cannot be. */
  leasesReturned?: Promise<void>;
  /** What is answered while the circuit rejects, in place of the problem. */
  fallback?: FallbackPolicy;
  /**
   * When the answer must be complete, by the clock that only goes forward. Whoever is the first to ask the upstream
   * anything for this request sets it: all that follows has what is left.
   */
  deadlineAtMs?: number;
  /** What the gateway answered in the upstream's place. */
  problem?: Problem;
  /** Why the upstream's answer could not be handed back, for the log. */
  fault?: AttemptError | 'headers_too_large';
  /** Set once the request was sent to the upstream. */
  forwarded?: Forwarded;
}

/** What the circuit said to a request. */
export interface AskedCircuit {
  readonly state: CircuitState;
  readonly admission: Admission;
  /** The lease by which this request tries the upstream. */
  readonly probe?: string;
  /** True: rejected, and let through, since the circuit is in shadow mode. */
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
  /** In their order, at least one; the last one's answer is the client's. */
  readonly attempts: readonly AttemptOutcome[];
  /** Whether the last of them failed, as the circuit sees it. */
  readonly failed: boolean;
}

export type ProxyEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<unknown>;
export type ProxyResult = APIGatewayProxyStructuredResultV2;
/** middy's place for what stages share with the handler is the context. */
export type ProxyContext = Context & { exchange: Exchange };
