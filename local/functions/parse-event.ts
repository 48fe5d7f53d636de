/** Deepest nesting of an event, far deeper than an operation. */
export const NESTING_LIMIT = 100;

/** An event for a function; undefined if the body is no JSON object or is nested too deep. */
export function parseEvent(body: Buffer): object | undefined {
  try {
    const event: unknown = JSON.parse(body.toString());
    return typeof event === 'object' && event !== null && isNestedWithin(NESTING_LIMIT, event) ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Goes level by level: a recursive function would overflow the stack. */
function isNestedWithin(limit: number, event: object): boolean {
  let level: readonly unknown[] = [event];
  for (let depth = 0; depth < limit && level.length > 0; depth += 1) level = level.flatMap(partsOf);
  return level.length === 0;
}

function partsOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}
