import { UserError } from '../user-error.ts';
import type { Resolver } from './intrinsics.ts';
import { type Place, placeName } from './stack.ts';

/** Reads a resource's properties by type, and resolves intrinsic functions. */
export class Properties {
  readonly place: Place;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #resolver: Resolver;

  constructor(fields: Readonly<Record<string, unknown>> | undefined, place: Place, resolver: Resolver) {
    this.place = place;
    this.#fields = fields ?? {};
    this.#resolver = resolver;
  }

  get(name: string): unknown {
    return this.#resolver.resolve(this.#fields[name], this.place);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  text(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw this.fault(`has no ${name}`);
    return String(value);
  }

  optionalText(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : String(value);
  }

  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (Number.isNaN(number)) throw this.fault(`has ${name} ${JSON.stringify(value)}, which is no number`);
    return number;
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.fault(`has ${name} that is no list`);
    return value;
  }

  texts(name: string): readonly string[] {
    return this.list(name).map(String);
  }

  /** The items of a list of objects. */
  items(name: string): readonly Properties[] {
    return this.list(name).map((item) => this.#nested(item));
  }

  object(name: string): Properties | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : this.#nested(value);
  }

  record(name: string): Readonly<Record<string, unknown>> {
    return (this.get(name) ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** Refuses a property that changes the gateway's behaviour and that the local run does not imitate. */
  refuse(name: string): void {
    const value = this.get(name);
    if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) return;
    throw this.fault(`sets ${name}`);
  }

  fault(what: string): UserError {
    return new UserError('feature_unknown', `${placeName(this.place)} ${what}: the local run does not know that`);
  }

  #nested(value: unknown): Properties {
    return new Properties(value as Readonly<Record<string, unknown>>, this.place, this.#resolver);
  }
}
