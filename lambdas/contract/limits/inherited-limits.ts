import { type LimitPolicy, takesLease } from './limit-policy.ts';

/**
 * The service's limits that apply on a route beside `own`, the route's: all of them where the route has none of its own,
 * none where its list is empty, otherwise those that none of its own replaces.
 */
export function inheritedLimits(
  service: readonly LimitPolicy[],
  own: readonly LimitPolicy[] | null,
): readonly LimitPolicy[] {
  if (own?.length === 0) return [];
  return service.filter((limit) => !own?.some((special) => replaces(special, limit)));
}

/**
 * Whether both limits count the same subject, and both units or both leases. Totals add up: all requests of a route are not
 * all of the service. A shadow replaces nothing, since it refuses nothing: a stricter limit on trial would let pass what the
 * service's limit refuses.
 */
function replaces(own: LimitPolicy, limit: LimitPolicy): boolean {
  if (own.shadow || own.by === 'total' || own.by !== limit.by) return false;
  return takesLease(own) === takesLease(limit);
}
