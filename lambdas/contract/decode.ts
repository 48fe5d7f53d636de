/** A value that does not have the shape that its reader was promised. */
export class DecodeError extends Error {
  readonly code = 'decode_failed';
  readonly path: string;

  constructor(path: string, expected: string, actual: unknown) {
    super(`${path} must be ${expected}, got ${describe(actual)}`);
    this.name = 'DecodeError';
    this.path = path;
  }
}

/** The schema of a `T`: reads `value` as one; `path` names it in the error. */
export type Decoder<T> = (value: unknown, path: string) => T;

/** The type that a schema describes. */
export type Decoded<Schema extends Decoder<unknown>> = ReturnType<Schema>;

/** @throws DecodeError also for text that is no JSON */
export function decodeJson<T>(decoder: Decoder<T>, json: string, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new DecodeError(path, 'JSON', json);
  }
  return decoder(value, path);
}

export const string: Decoder<string> = (value, path) => {
  if (typeof value !== 'string') throw new DecodeError(path, 'a string', value);
  return value;
};

export const boolean: Decoder<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new DecodeError(path, 'a boolean', value);
  return value;
};

export const number: Decoder<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new DecodeError(path, 'a finite number', value);
  return value;
};

export const integer: Decoder<number> = (value, path) => {
  if (!Number.isSafeInteger(value)) throw new DecodeError(path, 'an integer', value);
  return value as number;
};

export function member<const T extends string>(members: readonly T[]): Decoder<T> {
  return (value, path) => {
    if (!members.includes(value as T)) throw new DecodeError(path, `one of ${members.join(', ')}`, value);
    return value as T;
  };
}

export function nullable<T>(decoder: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null ? null : decoder(value, path));
}

/** `fallback` where the value is missing. */
export function withDefault<T>(decoder: Decoder<T>, fallback: NoInfer<T>): Decoder<T> {
  return (value, path) => (value === undefined ? fallback : decoder(value, path));
}

export function array<T>(decoder: Decoder<T>): Decoder<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new DecodeError(path, 'an array', value);
    return value.map((item, index) => decoder(item, `${path}[${index}]`));
  };
}

export function record<T>(decoder: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, path) => {
    const source = plainObject(value, path);
    return Object.fromEntries(Object.keys(source).map((key) => [key, decoder(source[key], `${path}['${key}']`)]));
  };
}

/** Reads the named fields and leaves the others out. */
export function object<Shape extends Record<string, Decoder<unknown>>>(
  shape: Shape,
): Decoder<{ readonly [K in keyof Shape]: ReturnType<Shape[K]> }> {
  const fields = Object.entries(shape);
  return (value, path) => {
    const source = plainObject(value, path);
    const decoded: Record<string, unknown> = {};
    for (const [key, decoder] of fields) decoded[key] = decoder(source[key], `${path}.${key}`);
    return decoded as { readonly [K in keyof Shape]: ReturnType<Shape[K]> };
  };
}

/** One of several kinds of object. The field `tag` says which. */
export function variant<const Tag extends string, Kinds extends Readonly<Record<string, Decoder<object>>>>(
  tag: Tag,
  kinds: Kinds,
): Decoder<{ [K in keyof Kinds]: { readonly [T in Tag]: K } & ReturnType<Kinds[K]> }[keyof Kinds]> {
  const kindOf = object({ [tag]: member(Object.keys(kinds)) });
  return (value, path) => {
    const kind = kindOf(value, path)[tag] as string;
    return { [tag]: kind, ...kinds[kind]?.(value, path) } as never;
  };
}

function plainObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DecodeError(path, 'an object', value);
  }
  return value as Record<string, unknown>;
}

/** The value's kind and at most 40 characters of it: an error message is no place for a whole document. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}
