import fc from 'fast-check';
import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import type { BucketLimit, ConcurrencyLimit, LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import { sizeOf } from '../../../lambdas/core/limits/kinds/kind-table.ts';
import { EXACT_LIMIT } from '../../../lambdas/core/limits/kinds/sliding-window.ts';
import { bucketLimit, concurrencyLimit } from '../policy.ts';
import { steps } from './window-traffic.ts';

/** One request, and the limits that hold for it. */
export interface Arrival {
  readonly nowUs: number;
  readonly cost: number;
  /** As they are for this request: an operator may have changed their numbers. */
  readonly policies: readonly LimitPolicy[];
}

export interface LimitTraffic {
  /** As they were deployed. */
  readonly policies: readonly LimitPolicy[];
  readonly arrivals: readonly Arrival[];
}

export interface TrafficOptions {
  /** One to three of these meet in each request, each under a name of its own. */
  readonly limits: fc.Arbitrary<LimitPolicy>;
  /** @default 3 */
  readonly maxLimits?: number;
  /** Whether the clock steps back now and then. @default true */
  readonly back?: boolean;
  /** Whether the clock only ever stands at whole milliseconds. @default false */
  readonly wholeMs?: boolean;
  /** What operators make of a limit meanwhile; null: nothing. @default `otherNumbers` */
  readonly change?: ((policy: LimitPolicy) => fc.Arbitrary<LimitPolicy>) | null;
  /** One request in so many finds a limit changed. @default 12 */
  readonly changes?: number;
  /** @default - more than the limits hold, as far as it may be */
  readonly maxCost?: number;
}

const START_US = Date.UTC(2026, 0, 1) * 1000;
/** Microseconds are whole numbers in doubles until 2255. */
const END_US = Date.UTC(2200, 0, 1) * 1000;

const RATES = [1 / 86_400, 1 / 60, 1 / 3, 1, 7, 1000, 3333, LIMIT_BOUNDS.ratePerS.max];

export const bucket: fc.Arbitrary<BucketLimit> = fc
  .tuple(fc.constantFrom(...RATES), fc.constantFrom(1, 2, 5, 20, 1000), fc.boolean())
  .map(([ratePerS, burst, shadow]) => bucketLimit(ratePerS, burst, { shadow }));

export const concurrency: fc.Arbitrary<ConcurrencyLimit> = fc
  .tuple(fc.constantFrom(1, 2, 3, 10), fc.constantFrom(1000, 15_000), fc.boolean())
  .map(([limit, leaseMs, shadow]) => concurrencyLimit(limit, { leaseMs, shadow }));

export function limitTraffic(options: TrafficOptions): fc.Arbitrary<LimitTraffic> {
  const { limits, maxLimits = 3 } = options;
  return fc
    .array(limits, { minLength: 1, maxLength: maxLimits })
    .map((drawn) => drawn.map((policy, index) => ({ ...policy, name: `limit-${index}` })))
    .chain((policies) =>
      // Times and costs are such as make one of the limits interesting.
      fc.tuple(fc.constantFrom(...policies), fc.constantFrom(2, 10, 50)).chain(([focus, pace]) => {
        const events = fc.array(event(policies, focus, pace, options), { minLength: 1, maxLength: 40, size: 'max' });
        const offsetUs = fc.nat(options.wholeMs ? 0 : 999_999);
        return fc
          .tuple(offsetUs, events)
          .map(([us, drawn]) => ({ policies, arrivals: arrivalsOf(policies, drawn, START_US + us) }));
      }),
    );
}

/** What happens between one request and the next. */
interface Event {
  readonly stepUs: number;
  readonly cost: number;
  readonly change: { readonly index: number; readonly policy: LimitPolicy } | null;
}

function event(
  policies: readonly LimitPolicy[],
  focus: LimitPolicy,
  pace: number,
  { back = true, wholeMs = false, change = otherNumbers, changes = 12, maxCost = mostCost(policies) }: TrafficOptions,
): fc.Arbitrary<Event> {
  const step = steps(spanUs(focus), pace, back);
  const changed =
    change &&
    fc
      .nat(policies.length - 1)
      .chain((index) => change(policies[index] as LimitPolicy).map((policy) => ({ index, policy })));
  return fc.record({
    stepUs: wholeMs ? step.map((us) => Math.round(us / 1000) * 1000) : step,
    cost: costs(focus).map((units) => Math.min(units, maxCost)),
    change: changed ? fc.option(changed, { freq: changes }) : fc.constant(null),
  });
}

/** Mostly what requests cost, but also what fills the limit, or is more than it holds. */
function costs(focus: LimitPolicy): fc.Arbitrary<number> {
  const filling = [0.1, 0.3, 0.5, 1].map((share) => Math.ceil(share * sizeOf(focus)));
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 4, arbitrary: fc.constantFrom(...filling) },
    { weight: 1, arbitrary: fc.constantFrom(...filling.map((units) => units + 1)) },
  );
}

/**
 * No request costs more than 1,000, and so never more than a limit that is not exact. Only what fills such a limit costs
 * more here; a bucket would not stay within the whole numbers of doubles.
 */
function mostCost(policies: readonly LimitPolicy[]): number {
  const bounds = policies.map((policy) => {
    if (policy.kind === 'bucket') return LIMIT_BOUNDS.cost.max;
    return isSliced(policy) ? policy.limit : Number.POSITIVE_INFINITY;
  });
  return Math.min(...bounds);
}

/** Other numbers for a limit, on the same side of the exact limit. */
export function otherNumbers(policy: LimitPolicy): fc.Arbitrary<LimitPolicy> {
  switch (policy.kind) {
    case 'bucket':
      return bucket.map(({ burst, ratePerS }) => ({ ...policy, burst, ratePerS }));
    case 'concurrency':
      return fc.integer({ min: 1, max: 10 }).map((limit) => ({ ...policy, limit }));
    case 'window': {
      // Above the exact limit never less, since that is the most that a request may cost here.
      const [min, max] = isSliced(policy) ? [policy.limit, 2 * policy.limit] : [1, EXACT_LIMIT];
      return fc.integer({ min, max: Math.min(max, 2 * policy.limit) }).map((limit) => ({ ...policy, limit }));
    }
  }
}

function arrivalsOf(policies: readonly LimitPolicy[], events: readonly Event[], startUs: number): Arrival[] {
  let nowUs = startUs;
  const current = [...policies];
  return events.map(({ stepUs, cost, change }) => {
    nowUs = Math.max(0, Math.min(nowUs + stepUs, END_US));
    if (change !== null) current[change.index] = change.policy;
    return { nowUs, cost, policies: [...current] };
  });
}

function isSliced(policy: LimitPolicy): boolean {
  return policy.kind === 'window' && policy.limit > EXACT_LIMIT;
}

function spanUs(policy: LimitPolicy): number {
  switch (policy.kind) {
    case 'window':
      return policy.windowMs * 1000;
    case 'bucket':
      return Math.ceil((policy.burst / policy.ratePerS) * 1_000_000);
    case 'concurrency':
      return policy.leaseMs * 1000;
  }
}
