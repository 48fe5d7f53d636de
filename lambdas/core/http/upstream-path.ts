import { beginsWithAuthority, readingsOf } from './path-readings.ts';

/**
 * Characters that cannot stand in a path (RFC 3986 §3.3). API Gateway hands an HTTP API's path over decoded, so they do
 * arrive. `%` is one of them: in a decoded path it begins no escape.
 */
const ILLEGAL = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu;

/** The path to ask the upstream for, or why there is none. */
export type UpstreamPath = { readonly path: string } | { readonly refused: string };

/** A decoded path as it goes onto the wire: decoded once, it is the same again. */
export function encodePath(path: string): string {
  return path.replace(ILLEGAL, (character) => encodeURIComponent(toWellFormed(character)));
}

/** What follows the service's prefix: empty, or with a slash in front. Undefined where the path lies outside. */
export function pathBelow(prefix: string, path: string): string | undefined {
  return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
}

/**
 * The path to ask the upstream for. What is below the prefix never begins with an authority: plain slashes in front become
 * one, and a path in which only some readers see two of them (`/\x`, `/%2fx`, `/;a/x`) is refused. That holds behind a base
 * path or a kept prefix too: an upstream may take it off before it reads the rest.
 *
 * @param basePath path of the upstream's own address, without a trailing slash
 */
export function upstreamPath(
  path: string,
  policy: { readonly prefix: string; readonly stripPrefix: boolean },
  basePath: string,
): UpstreamPath {
  const below = pathBelow(policy.prefix, path);
  if (below === undefined) return { refused: 'the path lies outside the service' };
  const own = mergeLeadingSlashes(below);
  if (readingsOf(own)?.some(beginsWithAuthority) ?? true) {
    return { refused: 'the path begins with two slashes for some readers' };
  }
  const front = policy.stripPrefix ? basePath : `${basePath}${encodePath(policy.prefix)}`;
  return { path: mergeLeadingSlashes(`${front}${encodePath(own)}`) || '/' };
}

function mergeLeadingSlashes(path: string): string {
  return path.replace(/^\/{2,}/, '/');
}

function toWellFormed(character: string): string {
  return character.isWellFormed() ? character : '\uFFFD';
}
