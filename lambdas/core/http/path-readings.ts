/**
 * Routers read one path in different ways. A reading is the path after any sequence of these steps, each of which some
 * router, framework or server takes before it looks for a route. A step returns the path unchanged where it has no effect.
 */
type Step = (path: string) => string;

const STEPS: readonly Step[] = [
  percentDecoded,
  // `%u002f`: classic ASP, and IIS with its default of allowing it.
  (path) => path.replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  overlongDecoded,
  // IIS, and the URL standard (WHATWG) for http addresses.
  (path) => path.replaceAll('\\', '/'),
  // The URL standard and Python's urlsplit drop tabs and line breaks; C libraries drop others.
  (path) => path.replace(/[\t\r\n]/g, ''),
  (path) => path.replace(/\p{Cc}/gu, ''),
  // Readers differ in what is blank: for some a tab is part of a name. Those that decode forms read `+` as a space.
  (path) => trimmed(path, /^[ +]+/, /(?<![ +])[ +]+$/),
  (path) => trimmed(path, /^[\s+]+/, /(?<![\s+])[\s+]+$/),
  // IIS and Windows drop dots at the end of a name.
  (path) => path.replace(/(?<=[^./])\.+(?=\/|$)/g, ''),
  // Path parameters, RFC 3986 §3.3: Spring, JAX-RS and servlet containers remove them from each segment.
  (path) => path.replace(/;[^/]*/g, ''),
  // The end of the path for readers that decode first. `$` in a regular expression of Ruby matches before a line break.
  ...['?', '#', ';', '\0', '\n'].map((end) => (path: string) => before(path, end)),
  // Go's ServeMux, nginx (merge_slashes) and others.
  (path) => path.replace(/\/{2,}/g, '/'),
  // The gateway itself, before it sends a path: see `upstreamPath`.
  (path) => path.replace(/^\/{2,}/, '/'),
  (path) => (path.endsWith('/') ? path.slice(0, -1) : path),
  // `//host/x`, RFC 3986 §3.2: Node's `new URL(path, base)`, Python's urlsplit, the JDK's server and PHP's parse_url.
  (path) => path.replace(/^\/{2,}[^/]*/, ''),
  // PATH_INFO, RFC 3875 §4.1.5: `/refunds.php/x` runs the script, `/index.php/refunds` asks a front controller for it.
  (path) => path.replace(SCRIPT, '$1$2'),
  (path) => path.replace(SCRIPT, '$3'),
];

const SCRIPT = /^(.*?)(\.(?:php\d?|phtml|cgi|fcgi|pl|py|wsgi|aspx?|ashx|asmx|svc|cfm|jsp))(\/.*)$/is;

/** A path that all readers read the same way, except for extensions: see `withoutExtension`. */
const PLAIN = /^(?:\/[\w~!$&'()*,=:@-]+(?:[.+]+[\w~!$&'()*,=:@-]+)*)*$/;

/** Ordinary paths have one to eight. */
const MAX_READINGS = 64;

/** Literal segments of routes have fewer dots. */
const MAX_EXTENSIONS = 8;

/** Dot segments (RFC 3986 §5.2.4), also before what some reader cuts off. */
const DOT_SEGMENT = /(?:^|[/\\])\.{1,2}(?:[/\\;?#]|$)/;

/**
 * All readings of a path, the path itself first. Undefined for more than 64: an attacker made such a path, and it must be
 * refused.
 */
export function readingsOf(path: string): readonly string[] | undefined {
  if (PLAIN.test(path) && !SCRIPT.test(path)) return [path];
  const readings = new Set([path]);
  // Iterating over a set also visits the entries that are added meanwhile.
  for (const reading of readings) {
    for (const step of STEPS) readings.add(step(reading));
    if (readings.size > MAX_READINGS) return undefined;
  }
  return [...readings];
}

/**
 * The same reading for routers that match `/refunds` for a request of `/refunds.json`: Rails, Spring's suffix patterns,
 * Jersey. It is separate from the other readings because a route may have its extension in its own path.
 */
export function withoutExtension(reading: string): readonly string[] {
  const shortened: string[] = [];
  // A dot at the start of a name begins no extension.
  let dot = reading.indexOf('.', reading.lastIndexOf('/') + 2);
  for (; dot >= 0 && shortened.length < MAX_EXTENSIONS; dot = reading.indexOf('.', dot + 1)) {
    shortened.push(reading.slice(0, dot));
  }
  return shortened;
}

/** The form for readers that ignore case: Java's equalsIgnoreCase takes `ſ` for `s`. */
export function foldCase(reading: string): string {
  return reading.toUpperCase().toLowerCase().replaceAll('i\u0307', 'i');
}

/** True for a reading that climbs, perhaps out of its service. */
export function hasDotSegment(reading: string): boolean {
  return DOT_SEGMENT.test(reading);
}

/** True when the reading begins with an authority in place of a path (RFC 3986 §4.2). */
export function beginsWithAuthority(reading: string): boolean {
  return reading.startsWith('//');
}

/**
 * Decodes every ASCII escape, and the others where they are valid UTF-8. An invalid byte must not keep its neighbours
 * encoded: a reader that decodes byte by byte sees `%2e%2e%2f%ff` climb. `decodeURIComponent` throws, which took 600 ms for
 * a path of nothing but `/%ff`.
 */
function percentDecoded(path: string): string {
  return path.replace(/%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+/g, (escapes) => {
    const text = Buffer.from(escapes.replaceAll('%', ''), 'hex').toString();
    return text.includes(INVALID_UTF8) ? escapes : text;
  });
}

const INVALID_UTF8 = '\uFFFD';

/** Decoders that accept overlong UTF-8 (RFC 3629 §10) read `%c0%af` and `%e0%80%af` as a slash. */
function overlongDecoded(path: string): string {
  return path.replace(/%(?:e0%8([01])|c([01]))%([89ab])([0-9a-f])/gi, (_, three, two, high: string, low: string) => {
    const top = Number(three ?? two) << 6;
    return String.fromCharCode(top | ((Number.parseInt(high, 16) & 3) << 4) | Number.parseInt(low, 16));
  });
}

/** Without blanks on either side of each segment. */
function trimmed(path: string, atStart: RegExp, atEnd: RegExp): string {
  if (!/[\s+]/.test(path)) return path;
  return path
    .split('/')
    .map((segment) => segment.replace(atStart, '').replace(atEnd, ''))
    .join('/');
}

function before(path: string, end: string): string {
  const at = path.indexOf(end);
  return at < 0 ? path : path.slice(0, at);
}
