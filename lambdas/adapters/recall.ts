/** Counts that are remembered; beyond that the one unused for longest is forgotten. */
const MAX_COUNTS = 10_000;

/** The map's value for `key`, made if missing, and moved to the end: a Map's order is its order of use. */
export function recall<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_COUNTS) map.delete(map.keys().next().value as string);
  return value;
}
