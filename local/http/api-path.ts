/** A request's path as API Gateway reads it. */
export interface ApiPath {
  /** What routes are matched on. */
  readonly routed: string;
  /** What functions receive as `rawPath` and `requestContext.http.path`. */
  readonly raw: string;
}

/**
 * Reads a path as an HTTP API does: decoded, cut at a `?` that this uncovers, and decoded once more. The published captures
 * at https://github.com/hotsock/voker/blob/main/examples/aws-ingress-probe/README.md show it. That routes are matched
 * between the two decodings is reported by users: `/{id}/thing` does not match `/a%2Fb/thing`, but `/a%252Fb/thing`.
 *
 * @throws URIError where either decoding fails, as for `/percent%25done`: API Gateway answers 400
 */
export function readPath(path: string): ApiPath {
  const decoded = decodeURIComponent(path);
  const mark = decoded.indexOf('?');
  const routed = mark < 0 ? decoded : decoded.slice(0, mark);
  return { routed, raw: decodeURIComponent(routed) };
}
