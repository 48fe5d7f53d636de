import { serveHttp, type TestServer } from './upstream.ts';

export interface UrlParsingUpstream extends TestServer {
  /** The path that it looked a route up by, of each request that it could read. */
  readonly served: string[];
  /** Targets of which `new URL` threw: where the author did not think of that, such a request ends the process. */
  readonly killing: string[];
}

/**
 * An upstream that reads its requests' targets by `new URL(req.url, base)`, as much code for Node does.
 *
 * @param mount what is taken off each target before, as Express's `app.use(mount, …)` does
 */
export async function serveUrlParsing(mount = ''): Promise<UrlParsingUpstream> {
  const served: string[] = [];
  const killing: string[] = [];
  const server = await serveHttp((request, response) => {
    const target = request.url?.slice(mount.length) ?? '';
    try {
      served.push(new URL(target, 'http://upstream').pathname);
    } catch {
      killing.push(target);
    }
    response.end('ok');
  });
  return { ...server, served, killing };
}
