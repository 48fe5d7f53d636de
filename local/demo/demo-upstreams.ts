import { UserError } from '../user-error.ts';
import { type DemoUpstream, startUpstream } from './demo-upstream.ts';

/** Upstream of each service: an address that the user gave, or a demo upstream. */
export class Upstreams {
  readonly #given: Readonly<Record<string, string>>;
  readonly #demo = new Map<string, DemoUpstream>();

  constructor(given: Readonly<Record<string, string>>) {
    this.#given = given;
  }

  /** @throws UserError for an address given for a service that the gateway does not have */
  async ensure(services: readonly string[]): Promise<void> {
    const unknown = Object.keys(this.#given).find((service) => !services.includes(service));
    if (unknown !== undefined) {
      const known = services.toSorted().join(', ');
      throw new UserError('service_unknown', `--upstream names the service ${unknown}; the gateway has ${known}`);
    }
    const missing = services.filter((service) => !this.isGiven(service) && !this.#demo.has(service));
    await Promise.all(missing.map(async (service) => this.#demo.set(service, await startUpstream(service))));
  }

  isGiven(service: string): boolean {
    return Object.hasOwn(this.#given, service);
  }

  urlOf(service: string): string {
    const url = this.isGiven(service) ? this.#given[service] : this.#demo.get(service)?.url;
    if (url === undefined) throw new Error(`no upstream for ${service}`);
    return url;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#demo.values()].map((upstream) => upstream.close()));
  }
}
