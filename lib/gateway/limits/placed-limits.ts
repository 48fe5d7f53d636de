import type {
  BucketLimit,
  ConcurrencyLimit,
  LimitPolicy,
  WindowLimit,
} from '../../../lambdas/contract/limits/limit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { OVERHEAD_ALLOWANCE } from '../props/overhead-allowance.ts';
import type { LimitDraft } from './limit-draft.ts';

/** Where a limit is written. */
export type LimitScope = 'gateway' | 'service' | 'route';

/** A limit that has its name, before it is known how long the requests that it counts may take. */
export type NamedLimit = WindowLimit | BucketLimit | Omit<ConcurrencyLimit, 'leaseMs'>;

/** The name of the gateway's limit of refused credentials, and of no other. */
export const BAD_CREDENTIALS = 'bad-credentials';

/** Past the time at which the proxy function is ended, so a lease outlives every request that could still give it back. */
const LEASE_MARGIN_MS = 1000;

/** The limits of one list; those that were given no name are called after what they count. */
export function namedLimits(drafts: readonly LimitDraft[], scope: LimitScope): readonly NamedLimit[] {
  for (const { name } of drafts) checkNotReserved(name);
  const taken = new Set(drafts.flatMap(({ name }) => name ?? []));
  return drafts.map((draft) => {
    const name = draft.name ?? freeName(defaultName(draft, scope), taken);
    taken.add(name);
    return { ...draft, name };
  });
}

function checkNotReserved(name: string | undefined): void {
  if (name !== BAD_CREDENTIALS) return;
  throw new InvalidPropError(
    `the name ${BAD_CREDENTIALS} must be left to the gateway's limit of refused credentials, got it for another: give it another name, or the limit to the gateway's prop badCredentials`,
  );
}

/** The limits as functions read them, those of all services with this timeout or a shorter one. */
export function limitPolicies(limits: readonly NamedLimit[], timeoutMs: number): readonly LimitPolicy[] {
  const leaseMs = timeoutMs + OVERHEAD_ALLOWANCE.toMilliseconds() + LEASE_MARGIN_MS;
  return limits.map((limit) => (limit.kind === 'concurrency' ? { ...limit, leaseMs } : limit));
}

/** A shadow stands beside the limit that it is compared with: `client-shadow`, `client`. */
function defaultName(draft: LimitDraft, scope: LimitScope): string {
  return `${counted(draft, scope)}${draft.shadow ? '-shadow' : ''}`;
}

/** `client`, `ip-bucket`, `gateway-plan`; a total is called after what it is the total of: `service-concurrency`. */
function counted(draft: LimitDraft, scope: LimitScope): string {
  const { kind, by } = draft;
  if (by === 'total') return kind === 'window' ? scope : `${scope}-${kind}`;
  const prefix = scope === 'gateway' ? 'gateway-' : '';
  if (kind !== 'window') return `${prefix}${by}-${kind}`;
  return `${prefix}${Object.keys(draft.plans).length > 0 ? 'plan' : by}`;
}

/** `client`, then `client-2`. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
