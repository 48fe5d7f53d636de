/**
 * Characters that cannot stand in a path (RFC 3986 §3.3). API Gateway hands an HTTP API's path over percent-decoded,
 * so they do arrive; a `%` that starts no escape is one of them.
 */
const ILLEGAL = /%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu;

/** Dot segments, also in the spellings that decoders further on would see as such. */
const DOT_SEGMENT = /(?:^|[/\\])\.{1,2}(?:[/\\;?#]|$)/;

/** A path as it goes onto the wire: what is legal stays byte for byte, what is not is percent-encoded. */
export function encodePath(path: string): string {
  return path.replace(ILLEGAL, (character) => encodeURIComponent(toWellFormed(character)));
}

/**
 * A path as a lenient router behind the gateway may read it: percent-decoded, without path parameters (`;v=1`), slashes
 * merged, no trailing slash, lower case. Policies are matched on this form, so that `//refunds`, `/refunds/`,
 * `/refunds;v=1` or `/%72efunds` cannot slip past the policy of `/refunds`.
 */
export function canonicalPath(path: string): string {
  const merged = decodeFully(path)
    .replace(/;[^/\\]*/g, '')
    .replace(/[/\\]+/g, '/')
    .toLowerCase();
  return merged.length > 1 && merged.endsWith('/') ? merged.slice(0, -1) : merged;
}

/** True when some reader of the path could climb out of its prefix (RFC 3986 §5.2.4). */
export function hasDotSegment(path: string): boolean {
  return DOT_SEGMENT.test(decodeFully(path));
}

/**
 * The path to ask the upstream for, or undefined when `path` lies outside the prefix.
 *
 * @param basePath path of the upstream's own address, without a trailing slash
 */
export function upstreamPath(
  path: string,
  policy: { readonly prefix: string; readonly stripPrefix: boolean },
  basePath: string,
): string | undefined {
  if (path !== policy.prefix && !path.startsWith(`${policy.prefix}/`)) return undefined;
  const rest = policy.stripPrefix ? path.slice(policy.prefix.length) : path;
  return encodePath(`${basePath}${rest}`) || '/';
}

/** Decodes until nothing changes, three rounds at most: `%252e` is a dot for whoever decodes twice. */
function decodeFully(path: string): string {
  if (!path.includes('%')) return path;
  let decoded = path;
  for (let round = 0; round < 3; round += 1) {
    const next = decodeOnce(decoded);
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}

/**
 * Decodes every ASCII escape, and the others where they are valid UTF-8. An invalid byte must not keep its neighbours
 * encoded: whoever decodes byte by byte sees `%2e%2e%2f%ff` climb.
 */
function decodeOnce(path: string): string {
  return path.replace(/%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function toWellFormed(character: string): string {
  return character.isWellFormed() ? character : '\uFFFD';
}
