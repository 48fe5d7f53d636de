import { type LimitPolicy, takesLease } from './limit-policy.ts';

/**
 * Those of a service's limits that hold on a route beside `own`, the route's: all of them where it has none of its own,
 * none where it was given an empty list, otherwise those that none of its own replaces.
 */
export function inheritedLimits(
  service: readonly LimitPolicy[],
  own: readonly LimitPolicy[] | null,
): readonly LimitPolicy[] {
  if (own?.length === 0) return [];
  return service.filter((limit) => !own?.some((special) => replaces(special, limit)));
}

/**
 * Limits of the same subject and of the same nature. Totals add up: everybody on a route is not everybody. A shadow
 * replaces nothing, since it refuses nothing: a stricter limit on trial would let pass what the service's refuses.
 */
function replaces(own: LimitPolicy, limit: LimitPolicy): boolean {
  if (own.shadow || own.by === 'total' || own.by !== limit.by) return false;
  return takesLease(own) === takesLease(limit);
}
