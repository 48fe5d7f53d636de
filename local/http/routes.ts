/** A selected route and its path parameters. */
export interface Selection<Route> {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Keyed {
  readonly routeKey: string;
}

interface Candidate<Route> extends Selection<Route> {
  /** Smaller sorts first; see `rank`. */
  readonly rank: string;
}

/**
 * The route that an HTTP API selects: full matches come before greedy ones, and `$default` comes last. Ties go to the
 * more literal path, segment by segment, then to the route that names the method. Undefined: no route matches.
 *
 * `path` is decoded once (see `readPath`), so an encoded slash separates segments. Parameters are decoded once more.
 *
 * @throws URIError if a parameter cannot be decoded
 */
export function selectRoute<Route extends Keyed>(
  routes: readonly Route[],
  method: string,
  path: string,
): Selection<Route> | undefined {
  const segments = segmentsOf(path);
  const candidates = routes.flatMap((route) => matchRoute(route, method, segments));
  return candidates.toSorted((a, b) => (a.rank < b.rank ? -1 : 1))[0];
}

function matchRoute<Route extends Keyed>(
  route: Route,
  method: string,
  segments: readonly string[],
): Candidate<Route>[] {
  if (route.routeKey === '$default') return [{ route, pathParameters: {}, rank: '3' }];
  const [routeMethod = '', routePath = ''] = route.routeKey.split(' ');
  if (routeMethod !== 'ANY' && routeMethod !== method) return [];
  const pattern = segmentsOf(routePath);
  const pathParameters = matchPath(pattern, segments);
  return pathParameters ? [{ route, pathParameters, rank: rank(pattern, routeMethod) }] : [];
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined) return undefined;
    const variable = /^\{([^}+]+)(\+?)\}$/.exec(part);
    if (variable?.[1] && variable[2]) {
      parameters[variable[1]] = decodeURIComponent(segments.slice(index).join('/'));
      return parameters;
    }
    if (variable?.[1] && segment !== '') parameters[variable[1]] = decodeURIComponent(segment);
    else if (part !== segment) return undefined;
  }
  return pattern.length === segments.length ? parameters : undefined;
}

/** Full matches begin with 1, greedy ones with 2; then a digit a segment (0 literal, 1 variable, 2 greedy or end), then the method. */
function rank(pattern: readonly string[], method: string): string {
  const kinds = pattern.map((part) => (part.endsWith('+}') ? '2' : part.startsWith('{') ? '1' : '0')).join('');
  const family = kinds.endsWith('2') ? '2' : '1';
  return `${family}${kinds}${method === 'ANY' ? '9' : '8'}`;
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').slice(1);
}
