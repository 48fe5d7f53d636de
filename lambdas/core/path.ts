/**
 * Characters that cannot stand in a path (RFC 3986 §3.3). API Gateway hands an HTTP API's path over percent-decoded,
 * so they do arrive; a `%` that starts no escape is one of them.
 */
const ILLEGAL = /%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu;

/** Dot segments, also in the spellings that decoders further on would see as such. */
const DOT_SEGMENT = /(?:^|[/\\])\.{1,2}(?:[/\\;?#]|$)/;

const PARAMETERS = /;[^/\\]*/g;
const CONTROL = /\p{Cc}/gu;
const DROPPED = /[\p{Cc}\s]/u;

/** A path as it goes onto the wire: what is legal stays byte for byte, what is not is percent-encoded. */
export function encodePath(path: string): string {
  return path.replace(ILLEGAL, (character) => encodeURIComponent(toWellFormed(character)));
}

/**
 * A path as a lenient router behind the gateway may read it: percent-decoded, without path parameters (`;v=1`), control
 * characters and spaces around a segment, slashes merged, no trailing slash, lower case. Policies are matched on this
 * form, so that `//refunds`, `/refunds/`, `/refunds;v=1`, `/%72efunds` or `/refunds%0a` cannot slip past the policy of
 * `/refunds`.
 */
export function canonicalPath(path: string): string {
  return merged(trimmed(decodeFully(path)));
}

/**
 * The canonical path, and the same by a reader who leaves control characters and spaces alone where that is another:
 * to one `/admin/%20` is `/admin`, to the other something below it.
 */
export function canonicalReadings(path: string): readonly string[] {
  const decoded = decodeFully(path);
  const [canonical, literal] = [merged(trimmed(decoded)), merged(decoded)];
  return canonical === literal ? [canonical] : [canonical, literal];
}

/** True when some reader of the path could climb out of its prefix (RFC 3986 §5.2.4). */
export function hasDotSegment(path: string): boolean {
  return DOT_SEGMENT.test(decodeFully(path)) || DOT_SEGMENT.test(canonicalPath(path));
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

function merged(decoded: string): string {
  const path = decoded
    .replace(PARAMETERS, '')
    .replace(/[/\\]+/g, '/')
    .toLowerCase();
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Without what a reader may drop: control characters, and white space on either side of a segment. */
function trimmed(decoded: string): string {
  if (!DROPPED.test(decoded)) return decoded;
  const segments = decoded.replace(CONTROL, '').replace(PARAMETERS, '').split(/[/\\]/);
  return segments.map((segment) => segment.trim()).join('/');
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
