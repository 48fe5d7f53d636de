/** A request's path as API Gateway reads it. */
export interface ApiPath {
  /** The path that API Gateway matches with routes. */
  readonly routed: string;
  /** The path that functions receive as `rawPath` and `requestContext.http.path`. */
  readonly raw: string;
}

/**
 * Reads a path as an HTTP API does: decodes it, cuts it at a decoded `?`, and decodes it again. Source: the captures at
 * https://github.com/hotsock/voker/blob/main/examples/aws-ingress-probe/README.md. Users report that routes are matched
 * between the two decodings: `/{id}/thing` does not match `/a%2Fb/thing`, but `/a%252Fb/thing`.
 *
 * @throws URIError if either decoding fails, as for `/percent%25done`: API Gateway answers 400
 */
export function readPath(path: string): ApiPath {
  const decoded = decodeURIComponent(path);
  const mark = decoded.indexOf('?');
  const routed = mark < 0 ? decoded : decoded.slice(0, mark);
  return { routed, raw: decodeURIComponent(routed) };
}
