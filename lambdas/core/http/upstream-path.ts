import { beginsWithAuthority, readingsOf } from './path-readings.ts';

/**
 * Characters that a path cannot contain (RFC 3986 §3.3). API Gateway decodes the path of an HTTP API, so they do arrive.
 * `%` is one of them: in a decoded path it begins no escape.
 */
const ILLEGAL = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu;

/** The path of the request to the upstream, or why it is refused. */
export type UpstreamPath = { readonly path: string } | { readonly refused: string };

/** Encodes a decoded path for the wire; decoding restores it. */
export function encodePath(path: string): string {
  return path.replace(ILLEGAL, (character) => encodeURIComponent(toWellFormed(character)));
}

/** The path below the service's prefix: empty, or with a slash in front. Undefined for a path outside of it. */
export function pathBelow(prefix: string, path: string): string | undefined {
  return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
}

/**
 * The path of the request to the upstream. The part below the prefix never begins with an authority: plain slashes in front
 * become one, and a path in which only some readers see two of them (`/\x`, `/%2fx`, `/;a/x`) is refused. This includes a
 * base path or a kept prefix: an upstream may remove it before it reads the rest.
 *
 * @param basePath path of the upstream's URL, without a trailing slash
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
