import type { LimitPolicy } from '../../contract/policy.ts';
import type { OutcomeCounts, OutcomeReport } from '../circuit/outcome.ts';
import type { Decision } from './decision.ts';

/** A limit and whose requests it counts, here and now. */
export interface CountedLimit {
  readonly policy: LimitPolicy;
  /** Where the limit stands: '' for the gateway, `payments`, or `payments POST /api/payments/refunds`. */
  readonly scope: string;
  /** `sub:alice`, `ip:192.0.2.1`, `tenant:acme`; '' where the limit counts everybody. */
  readonly subject: string;
}

/** Whom the rules of operators may be about, each written as a rule's id, or '' where the request has none. */
export interface Identity {
  readonly client: string;
  readonly tenant: string;
  readonly plan: string;
  readonly token: string;
  /** Where it comes from, whoever its client is. */
  readonly ip: string;
}

/** What one request asks of the limiter. */
export interface LimitRequest {
  readonly limits: readonly CountedLimit[];
  readonly identity: Identity;
  /** Units that the request counts for in windows and buckets. */
  readonly cost: number;
  /** Names the request's leases: one of its kind among the requests under way. */
  readonly lease: string;
}

/**
 * The limiter's answer. The request was charged to all of its limits, or to none when one of them refuses.
 *
 * `unavailable`: the store cannot be asked, and one of the limits closes then.
 */
export interface Ruling {
  readonly outcome: 'allowed' | 'refused' | 'revoked' | 'unavailable';
  /** One for each limit of the request, in its order; none when revoked. */
  readonly decisions: readonly Decision[];
}

/**
 * The store that counts. It is fast, may be shared, and is allowed to be lost. What the requests meet never rejects (see
 * `LadderCounters`); the shared store behind it does, when it cannot tell.
 */
export interface Counters {
  /** Counts one request against all of its limits. */
  decide(request: LimitRequest): Promise<Ruling>;
  /** Gives back the leases that an allowed request took; one that cannot be given back ends by itself. */
  release(request: LimitRequest): Promise<void>;
  /**
   * What was begun beside the requests and must not be left to an instance that Lambda freezes with the reply; undefined
   * when there is nothing. It never rejects and takes half a second at most.
   */
  settled(): Promise<void> | undefined;
  /** Counts outcomes of one period of a circuit: `gateway/service/version`, the version under which it closed. */
  record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport>;
  /** Tells all who still record outcomes of a period that it is over, since the circuit has moved. */
  endPeriod(period: string, version: number, windowMs: number): Promise<void>;
  /** Takes one further attempt from what all instances together may make; false: there is none left. */
  takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean>;
}
