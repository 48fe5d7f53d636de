import { InvalidPropError } from '../../invalid-prop.ts';

const MAX_LENGTH = 200;
/** One slash first: two would be read as another host (RFC 3986 §4.2). */
const PATH = /^\/(?!\/)[!-~]*$/;
const PARENT = /(?:^|\/)(?:\.|%2e){2}(?:\/|$)/i;

/** @throws InvalidPropError unless the path can be asked for under the upstream's base URL */
export function checkHealthCheckPath(path: string): void {
  const got = `got ${JSON.stringify(path.slice(0, MAX_LENGTH))}`;
  if (!PATH.test(path)) {
    throw new InvalidPropError(
      `healthCheck must be a path of visible ASCII characters that begins with one slash, ${got}: write one like '/healthz', percent-encode other characters`,
    );
  }
  if (path.length > MAX_LENGTH) {
    throw new InvalidPropError(
      `healthCheck must have at most ${MAX_LENGTH} characters, ${got} and more: give the upstream a shorter one`,
    );
  }
  if (path.includes('#')) {
    throw new InvalidPropError(
      `healthCheck must have no fragment, ${got}: no server sees one; leave out # and the rest`,
    );
  }
  if (PARENT.test(path.replace(/\?.*$/, ''))) {
    throw new InvalidPropError(
      `healthCheck must lie under the upstream's base path, ${got}: leave out its '..' segments`,
    );
  }
}
