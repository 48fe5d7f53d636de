import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { Decision } from './decision.ts';

/** A limit, and whose requests it counts in this case. */
export interface CountedLimit {
  readonly policy: LimitPolicy;
  /** Where the limit is: '' for the gateway, `payments`, or `payments POST /api/payments/refunds`. */
  readonly scope: string;
  /** `sub:alice`, `ip:192.0.2.1`, `tenant:acme`; '' where the limit counts everybody. */
  readonly subject: string;
}

/** The subjects of operators' rules that a request may have, each as a rule's id, or '' where it has none. */
export interface Identity {
  readonly client: string;
  readonly tenant: string;
  readonly plan: string;
  readonly token: string;
  /** The address that it comes from, whatever its client. */
  readonly ip: string;
}

/** What one request asks of the limiter. */
export interface LimitRequest {
  readonly limits: readonly CountedLimit[];
  readonly identity: Identity;
  /** Units that the request counts for in windows and buckets. */
  readonly cost: number;
  /** Names the request's leases: unique among the requests under way. */
  readonly lease: string;
}

/**
 * The limiter's whole answer to a request, which was charged to all of its limits, or to none when one of them refuses.
 *
 * `unavailable`: the store cannot be asked, and one of the limits closes then.
 */
export interface LimitResult {
  readonly outcome: 'allowed' | 'refused' | 'revoked' | 'unavailable';
  /** One for each limit of the request, in its order; none when revoked. */
  readonly decisions: readonly Decision[];
}

export const REVOKED: LimitResult = { outcome: 'revoked', decisions: [] };

/** Names the counts of one limit: a limit whose numbers are changed, other than its window, keeps what was counted. */
export function countName({ policy, scope }: Omit<CountedLimit, 'subject'>): string {
  return `${policy.kind}\n${policy.name}\n${'windowMs' in policy ? policy.windowMs : ''}\n${scope}`;
}

/** Counts requests against their limits. The limiter of the pipeline never rejects; one that asks a store may. */
export interface Limiter {
  /** Counts one request against all of its limits. */
  decide(request: LimitRequest): Promise<LimitResult>;
  /** Returns the leases that an allowed request took; one that cannot be returned ends by itself. */
  release(request: LimitRequest): Promise<void>;
  /**
   * Work beside the requests that must end before the reply, when Lambda freezes the instance; undefined when there is
   * none. It never rejects and takes at most half a second.
   */
  settled(): Promise<void> | undefined;
}
