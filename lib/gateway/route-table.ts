import { InvalidPropError } from '../invalid-prop.ts';
import { HEALTH_PATH, overlap } from './props/prefix.ts';
import { type RouteKey, routeKeyShape, routeKeyText } from './route.ts';

/**
 * Most services of an API. It may have 300 integrations: one for each service and one for the health function. AWS raises
 * the quota of routes, but not this one. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const MOST_SERVICES = 299;

/** The paths and route keys that the gateway's services use. */
export class RouteTable {
  readonly #routeQuota: number;
  readonly #prefixes = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  constructor(routeQuota: number) {
    this.#routeQuota = routeQuota;
  }

  /** Registers a service's prefix. @throws InvalidPropError if it overlaps another one, or the API is full */
  claimPrefix(service: string, prefix: string): void {
    if (this.#prefixes.size >= MOST_SERVICES) {
      throw new InvalidPropError(
        `an API must have at most ${MOST_SERVICES} services, got one more: AWS gives it 300 integrations, a quota that it does not raise; split the services over two gateways`,
      );
    }
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

  /** Registers a route key. @throws InvalidPropError if it is registered already, or the API is full */
  claim(key: RouteKey): void {
    const shape = routeKeyShape(key);
    const taken = this.#keys.get(shape);
    if (taken !== undefined) {
      throw new InvalidPropError(
        `a route must be given once, got ${JSON.stringify(routeKeyText(key))} beside '${taken}': both match the same requests; keep one`,
      );
    }
    if (this.#keys.size >= this.#routeQuota) {
      throw new InvalidPropError(
        `an API must have at most ${this.#routeQuota} routes, got one more with ${JSON.stringify(routeKeyText(key))}: let AWS raise the API's quota "Routes per API" and give the gateway the new one as routeQuota, or split the services over two gateways`,
      );
    }
    this.#keys.set(shape, routeKeyText(key));
  }
}
