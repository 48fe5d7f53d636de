/** How one kind of upstream gets from a request target to the path that it looks a route up by. */
export interface PathReader {
  readonly name: string;
  /** Undefined: the reader answers with an error, or asks another host. */
  readonly read: (target: string) => string | undefined;
  readonly ignoresCase?: boolean;
  /** `/refunds` matches `/refunds.json`. */
  readonly ignoresExtension?: boolean;
}

/**
 * Small models of routers, after their documentation, each written apart from the gateway's own steps. A query is cut off
 * before: it is `?` on the wire in every one of them.
 */
export const PATH_READERS: readonly PathReader[] = [
  { name: 'Express', read: (target) => withoutTrailingSlash(target), ignoresCase: true },
  {
    name: "Node's new URL(req.url, base)",
    read: (target) => attempt(() => new URL(target, 'http://upstream').pathname),
  },
  {
    name: 'Node that decodes first',
    read: (target) => attempt(() => new URL(decodeURIComponent(target), 'http://upstream').pathname),
  },
  {
    name: 'Node that decodes twice, then once more',
    read: (target) =>
      attempt(() => {
        const twice = decodeURIComponent(decodeURIComponent(target));
        return decodeURIComponent(new URL(twice, 'http://upstream').pathname);
      }),
  },
  { name: "Python's urlsplit, then unquote", read: (target) => bytewise(urlsplitPath(target)) },
  { name: "Python's unquote, then urlsplit", read: (target) => urlsplitPath(bytewise(target)) },
  { name: 'Flask', read: (target) => bytewise(urlsplitPath(target)).replace(/\/+/g, '/') },
  {
    name: 'Spring before 6, and JAX-RS',
    read: (target) => withoutTrailingSlash(bytewise(target.replace(/;[^/]*/g, '')).replace(/\/+/g, '/')),
    ignoresExtension: true,
  },
  {
    name: 'a servlet container that decodes first',
    read: (target) => bytewise(target).replace(/;[^/]*/g, ''),
    ignoresExtension: true,
  },
  { name: 'a server that drops all behind a semicolon', read: (target) => bytewise(target).split(';')[0] },
  {
    name: 'Rails',
    read: (target) => withoutTrailingSlash(bytewise(target).replace(/\/+/g, '/')),
    ignoresExtension: true,
  },
  { name: 'a regular expression of Ruby', read: (target) => bytewise(target).split('\n')[0] },
  {
    name: 'IIS',
    read: (target) =>
      unicodeEscapes(bytewise(bytewise(target)))
        .replaceAll('\\', '/')
        .replace(/[. ]+(?=\/|$)/g, ''),
    ignoresCase: true,
  },
  { name: 'C, where NUL ends a string', read: (target) => bytewise(target).split('\0')[0] },
  { name: "Go's ServeMux", read: (target) => bytewise(target).replace(/\/+/g, '/') },
  { name: 'PHP with PATH_INFO', read: (target) => pathInfo(bytewise(urlsplitPath(target))) },
  { name: 'a decoder of forms', read: (target) => bytewise(target.replaceAll('+', ' ')).replace(/ +(?=\/|$)/g, '') },
];

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function withoutTrailingSlash(path: string): string {
  return path.replace(/\/$/, '');
}

/** Each escape by itself, as bytes that are then taken for Latin-1. */
function bytewise(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function unicodeEscapes(path: string): string {
  return path.replace(/%u([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** `urllib.parse.urlsplit(target).path` for a target that begins with a slash. */
function urlsplitPath(target: string): string {
  const url = target.replace(/[\t\r\n]/g, '');
  const path = url.startsWith('//') ? url.slice(2).replace(/^[^/?#]*/, '') : url;
  return path.split(/[?#]/)[0] ?? '';
}

function pathInfo(path: string): string {
  const script = /^.*?\.php(\/.*)?$/s.exec(path);
  return withoutTrailingSlash(script?.[1] ?? path);
}
