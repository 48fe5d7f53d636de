import { InvalidPropError } from '../invalid-prop.ts';
import { HEALTH_PATH, overlap } from './prefix.ts';
import { type RouteKey, routeKeyShape, routeKeyText } from './route.ts';

/** Routes an API may have. Each service has one integration and at least two routes, so integrations end later. */
const ROUTE_LIMIT = 300;

/** What of the gateway's paths is taken. */
export class RouteTable {
  readonly #prefixes = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  /** Gives a service its prefix, unless requests under it could be another's. */
  claimPrefix(service: string, prefix: string): void {
    if (overlap(prefix, HEALTH_PATH)) {
      throw new InvalidPropError(
        `prefix must not overlap ${HEALTH_PATH}, got ${JSON.stringify(prefix)}: that path is the gateway's own`,
      );
    }
    for (const [taken, owner] of this.#prefixes) {
      if (overlap(prefix, taken)) {
        throw new InvalidPropError(
          `prefix must not overlap another service's, got ${JSON.stringify(prefix)} beside ${taken} of ${owner}: requests would reach either; choose prefixes that lie beside each other`,
        );
      }
    }
    this.#prefixes.set(prefix, service);
  }

  prefixesBeside(prefix: string): readonly string[] {
    return [...this.#prefixes.keys()].filter((other) => other !== prefix);
  }

  /** Takes a route key, unless it is taken or the API is full. */
  claim(key: RouteKey): void {
    const shape = routeKeyShape(key);
    const taken = this.#keys.get(shape);
    if (taken !== undefined) {
      throw new InvalidPropError(
        `a route must be given once, got ${JSON.stringify(routeKeyText(key))} beside '${taken}': both match the same requests; keep one`,
      );
    }
    if (this.#keys.size >= ROUTE_LIMIT) {
      throw new InvalidPropError(
        `an API must have at most ${ROUTE_LIMIT} routes, got one more with ${JSON.stringify(routeKeyText(key))}: split the services over two gateways`,
      );
    }
    this.#keys.set(shape, routeKeyText(key));
  }
}
