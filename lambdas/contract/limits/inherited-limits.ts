import { type LimitPolicy, takesLease } from './limit-policy.ts';

/**
 * The service's limits that apply on a route beside the route's own. Without own limits: all. With an empty list: none.
 * Otherwise: those that no own limit replaces.
 */
export function inheritedLimits(
  service: readonly LimitPolicy[],
  own: readonly LimitPolicy[] | null,
): readonly LimitPolicy[] {
  if (own?.length === 0) return [];
  return service.filter((limit) => !own?.some((special) => replaces(special, limit)));
}

/**
 * Whether both limits count the same subject, and both units or both leases. A total replaces nothing:
 * a route has only some requests of its service. A limit in shadow mode replaces nothing: it refuses no request, so the
 * service's limit must still hold.
 */
function replaces(own: LimitPolicy, limit: LimitPolicy): boolean {
  if (own.shadow || own.by === 'total' || own.by !== limit.by) return false;
  return takesLease(own) === takesLease(limit);
}
