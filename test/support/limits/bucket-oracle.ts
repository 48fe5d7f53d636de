import type { BucketLimit } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { Assessment } from '../../../lambdas/core/limits/kinds/limit-kind.ts';

/** Seconds for which a rate may be given in whole units: `ratePerS` of 1/60 is one a minute. */
const PER_S = [1, 2, 3, 60, 3600, 86_400];

/** A rate as a fraction: so many units in so many seconds. */
export function rateOf(ratePerS: number): { readonly units: bigint; readonly seconds: bigint } {
  const seconds = PER_S.find((each) => Math.round(ratePerS * each) / each === ratePerS);
  if (seconds === undefined) throw new Error(`no fraction is known for a rate of ${ratePerS}`);
  return { units: BigInt(Math.round(ratePerS * seconds)), seconds: BigInt(seconds) };
}

/** A token bucket in whole microseconds, by arithmetic that does not round. */
export class BucketOracle {
  #fullAtUs = 0n;

  assess(nowUs: number, cost: number, policy: BucketLimit): Assessment {
    const { unitUs, depthUs, aheadUs } = this.#level(nowUs, policy);
    const afterUs = aheadUs + BigInt(cost) * unitUs;
    const allowed = afterUs <= depthUs;
    return {
      allowed,
      remaining: Number((depthUs - (allowed ? afterUs : aheadUs)) / unitUs),
      resetMs: Number(ceilDivide(allowed ? afterUs : afterUs - depthUs, 1000n)),
    };
  }

  charge(nowUs: number, cost: number, policy: BucketLimit): void {
    const { unitUs, aheadUs } = this.#level(nowUs, policy);
    this.#fullAtUs = BigInt(nowUs) + aheadUs + BigInt(cost) * unitUs;
  }

  /** A bucket cannot be emptier than empty, and who is refused by one that was says so. */
  refuse(nowUs: number, policy: BucketLimit): void {
    this.#fullAtUs = min(this.#fullAtUs, BigInt(nowUs) + this.#level(nowUs, policy).depthUs);
  }

  #level(nowUs: number, { ratePerS, burst }: BucketLimit) {
    const { units, seconds } = rateOf(ratePerS);
    const unitUs = ceilDivide(1_000_000n * seconds, units);
    const depthUs = BigInt(burst) * unitUs;
    const leftUs = this.#fullAtUs - BigInt(nowUs);
    return { unitUs, depthUs, aheadUs: min(leftUs < 0n ? 0n : leftUs, depthUs) };
  }
}

function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
