import type { MiddlewareObj } from '@middy/core';
import type {
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { UpstreamRequest } from '../adapters/upstream.ts';
import type { FallbackPolicy } from '../contract/circuit-policy.ts';
import type { CircuitState } from '../contract/circuit-state.ts';
import type { Verdict } from '../contract/verdict.ts';
import type { Admission } from '../core/circuit-admission.ts';
import type { LimitRequest, Ruling } from '../core/counters.ts';
import type { AttemptError, AttemptResult } from '../core/outcome.ts';
import type { Problem } from '../core/problem.ts';
import type { SelectedRoute } from '../core/route.ts';

/** One request and what the stages of the pipeline found out about it, each stage adding its own part. */
export interface Exchange {
  readonly requestId: string;
  /** Of a clock that only goes forward. */
  readonly startedAtMs: number;
  /** True for the first request of this environment. */
  readonly coldStart: boolean;
  /** Fields for the response, whoever makes it. */
  readonly responseHeaders: Record<string, string>;
  route?: SelectedRoute;
  verdict?: Verdict;
  client?: string;
  /** What the limits said. */
  ruling?: Ruling;
  /** Units that they were asked for. */
  cost?: number;
  /** The request whose leases are still to be given back. */
  leased?: LimitRequest;
  /** Fulfilled when they are given back, or cannot be. */
  leasesReturned?: Promise<void>;
  /** What the upstream will be sent. */
  message?: UpstreamRequest;
  circuit?: AskedCircuit;
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
export type Stage = MiddlewareObj<ProxyEvent, ProxyResult, unknown, ProxyContext>;
