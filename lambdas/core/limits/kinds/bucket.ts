import type { BucketLimit } from '../../../contract/limits/limit-policy.ts';
import { type Assessment, type LimitKind, usedUp } from './limit-kind.ts';

/** The same as `TokenBucket`. The key holds one integer: the time in us at which the bucket will be full again. */
const SCRIPT = `
local function bucket(key, burst, rate)
  local nowUs = time[1] * 1000000 + time[2]
  -- Rounded up to whole microseconds, so that it is never faster than its rate.
  local interval = ceil(1000000 / rate)
  local depth = burst * interval
  local ahead = (call('GET', key) or 0) - nowUs
  if ahead < 0 then ahead = 0 end
  -- Emptier than empty: the clock stepped back, or an operator made the bucket smaller.
  local beyond = ahead > depth
  if beyond then ahead = depth end
  local after = ahead + cost * interval
  if after > depth then
    local rest, reset = floor((depth - ahead) / interval), ceil((after - depth) / 1000)
    if beyond then return false, rest, reset, string.format('%.0f', nowUs + ahead), ceil(ahead / 1000) end
    return false, rest, reset
  end
  local full = ceil(after / 1000)
  return true, floor((depth - after) / interval), full, string.format('%.0f', nowUs + after), full
end
`;

export const bucket: LimitKind<BucketLimit> = {
  size: ({ burst }) => burst,
  parameter: ({ ratePerS }) => ratePerS,
  overridden: (policy, { limit, ratePerS }) => ({ ...policy, burst: limit, ratePerS: ratePerS ?? policy.ratePerS }),
  shared: (policy, burst) => ({ ...policy, burst, ratePerS: policy.ratePerS * policy.localShare }),
  count: (policy) => new TokenBucket(policy),
  script: { functions: SCRIPT, decide: 'bucket', override: 'if override[3] then number = override[3] end' },
  // An empty bucket is full again after this time. With an operator's burst its rate is not known here.
  quota: ({ burst, ratePerS }, limit) => (limit === burst ? { windowS: limit / ratePerS } : {}),
  problem: 'rate_limited',
  refused: (decision, cost) => usedUp(`the limit ${decision.policy.name} of ${decision.limit}`, decision, cost),
};

/**
 * A token bucket by the time at which it will be full again (GCRA: ITU-T I.371, virtual scheduling): `burst` units at
 * once, and `ratePerS` more each second.
 */
export class TokenBucket {
  #burst: number;
  #ratePerS: number;
  #fullAtUs = 0;

  constructor({ burst, ratePerS }: { readonly burst: number; readonly ratePerS: number }) {
    this.#burst = burst;
    this.#ratePerS = ratePerS;
  }

  /** @param burst and `ratePerS` are those for this request: an operator may have changed them */
  assess(clockMs: number, cost: number, burst = this.#burst, ratePerS = this.#ratePerS): Assessment {
    this.#burst = burst;
    this.#ratePerS = ratePerS;
    const aheadUs = this.#ahead(clockMs);
    const afterUs = aheadUs + cost * this.#unitUs;
    const allowed = afterUs <= this.#depthUs;
    return {
      allowed,
      remaining: Math.floor((this.#depthUs - (allowed ? afterUs : aheadUs)) / this.#unitUs),
      resetMs: Math.ceil((allowed ? afterUs : afterUs - this.#depthUs) / 1000),
    };
  }

  /** Charges the request that was assessed last, at the rate that it was assessed by. */
  charge(clockMs: number, cost: number): void {
    this.#fullAtUs = clockMs * 1000 + this.#ahead(clockMs) + cost * this.#unitUs;
  }

  /** Rounded up to whole microseconds, so that it is never faster than its rate. */
  get #unitUs(): number {
    return Math.ceil(1_000_000 / this.#ratePerS);
  }

  get #depthUs(): number {
    return this.#burst * this.#unitUs;
  }

  /** How far it is from being full. It cannot be emptier than empty, unless the clock stepped back. */
  #ahead(clockMs: number): number {
    const nowUs = clockMs * 1000;
    this.#fullAtUs = Math.min(this.#fullAtUs, nowUs + this.#depthUs);
    return Math.max(0, this.#fullAtUs - nowUs);
  }
}
