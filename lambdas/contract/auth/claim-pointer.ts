/** The claims of a token; their values are still of any type. */
export type Claims = Readonly<Record<string, unknown>>;

/** A claim by its name, which may hold dots and slashes, or by the names that lead to it: `['realm_access', 'roles']`. */
export type ClaimPath = string | readonly string[];

/**
 * Where a claim lies, as a JSON Pointer (RFC 6901): `/email`, `/realm_access/roles`,
 * `/https:~1~1example.com~1plan`.
 */
export type ClaimPointer = string;

export function claimPointer(path: ClaimPath): ClaimPointer {
  const names = typeof path === 'string' ? [path] : path;
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Reads the claim of many tokens; undefined where a token has none. Only objects are gone into, and own names only. */
export function claimReader(pointer: ClaimPointer): (claims: Claims) => unknown {
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (claims) => names.reduce<unknown>(memberOf, claims);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Claims)[name] : undefined;
}
