import { serveHttp, type TestServer } from '../../support/upstreams/upstream.ts';

export interface LenientUpstream extends TestServer {
  /** Requests for refunds as they came. */
  readonly refunds: readonly string[];
  /** Requests whose target its router could not read, which ends a server that does not expect it. */
  readonly fatal: readonly string[];
}

/**
 * A server that routes by `new URL(request.url, base)`, as many Node servers do: a target that begins with `//` begins with
 * an authority. It decodes the path, cuts it at `?`, `#` and NUL, and takes `refunds.json` for `refunds`.
 */
export async function serveLenient(): Promise<LenientUpstream> {
  const [refunds, fatal]: string[][] = [[], []];
  const server = await serveHttp((request, response) => {
    const target = request.url ?? '';
    if (!URL.canParse(target, 'http://localhost')) fatal?.push(target);
    else if (routeOf(target) === '/refunds') refunds?.push(target);
    request.resume();
    response.end();
  });
  return { ...server, refunds: refunds ?? [], fatal: fatal ?? [] };
}

function routeOf(target: string): string {
  const { pathname } = new URL(target, 'http://localhost');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: such routers are written in C
  const [path = ''] = decoded(pathname).split(/[?#\u0000]/);
  return path.replace(/\.[a-z]+$/, '').replace(/(?<=.)\/+$/, '');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
