import { Duration } from 'aws-cdk-lib';
import { InvalidPropError } from '../../invalid-prop.ts';

/** The values that a prop takes. */
export interface Kind {
  readonly is: (value: unknown) => boolean;
  /** `a Duration` */
  readonly rule: string;
  /** `write one like Duration.seconds(5)` */
  readonly fix: string;
  /**
   * What to do about text in its place.
   *
   * @default - as `fix` says
   */
  readonly fixOfText?: string;
}

interface PropKind<Optional extends boolean> extends Kind {
  readonly optional: Optional;
}

/** The kind of each of the props: the compiler demands them all, and the optional ones as such. */
export type PropKinds<Props> = {
  readonly [Key in keyof Props]-?: PropKind<object extends Pick<Props, Key> ? true : false>;
};

export const DURATION: Kind = {
  is: (value) => value instanceof Duration,
  rule: 'a Duration',
  fix: 'write one like Duration.seconds(5)',
};
export const NUMBER: Kind = {
  is: (value) => typeof value === 'number',
  rule: 'a number',
  fix: 'write a number like 2',
  fixOfText: 'write it without quotes',
};
export const BOOLEAN: Kind = {
  is: (value) => typeof value === 'boolean',
  rule: 'a boolean',
  fix: 'write true or false',
};

export function text(example: string): Kind {
  return { is: (value) => typeof value === 'string', rule: 'a string', fix: `write one like '${example}'` };
}

export function texts(example: string): Kind {
  return {
    is: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    rule: 'an array of strings',
    fix: `write one like ['${example}']`,
  };
}

export function oneOf(...values: readonly string[]): Kind {
  const quoted = values.map((value) => `'${value}'`).join(' or ');
  return { is: (value) => values.includes(value as string), rule: quoted, fix: 'write one of them' };
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function required(kind: Kind): PropKind<false> {
  return { ...kind, optional: false };
}

export function optional(kind: Kind): PropKind<true> {
  return { ...kind, optional: true };
}

/**
 * Refuses props that the compiler would: an app runs through tsx, which checks no types, and a misspelt prop would be
 * the default in silence.
 *
 * @param fix what to do about a key that is like none of the props
 */
export function checkProps<Props extends object>(props: Props, kinds: PropKinds<Props>, fix = 'leave it out'): void {
  const known = Object.keys(kinds);
  if (!isPlain(props)) {
    throw new InvalidPropError(
      `props must be an object of ${known.join(', ')}, got ${shown(props)}: write { ${known[0]}: … }`,
    );
  }
  for (const key of Object.keys(props)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw new InvalidPropError(
      `props must be among ${known.join(', ')}, got ${JSON.stringify(key)}: ${near === undefined ? fix : `write ${near}`}`,
    );
  }
  for (const [key, kind] of Object.entries<PropKind<boolean>>(kinds)) {
    const value = (props as Record<string, unknown>)[key];
    if (value !== undefined || !kind.optional) checkKind(key, value, kind);
  }
}

/** @throws InvalidPropError unless the value is of the kind */
export function checkKind(name: string, value: unknown, kind: Kind): void {
  if (kind.is(value)) return;
  const { rule, fix, fixOfText = fix } = kind;
  const what = typeof value === 'string' ? fixOfText : fix;
  throw new InvalidPropError(`${name} must be ${rule}, got ${shown(value)}: ${what}`);
}

/** Not an instance of a class: `Auth.none()` in place of `{ auth: Auth.none() }` has no keys, so none that is wrong. */
function isPlain(value: unknown): value is object {
  return isObject(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (!isObject(value)) return typeof value === 'string' ? JSON.stringify(value) : String(value);
  if (!isPlain(value) && !Array.isArray(value)) return `an instance of ${(value as object).constructor.name}`;
  try {
    return JSON.stringify(value);
  } catch {
    return 'an object'; // A circle, such as a construct has.
  }
}

/** The key that at most a third of the letters tell apart, or else one that it begins with, as `authorization` does. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: edits(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  if (best !== undefined && best.edits <= key.length / 3) return best.candidate;
  return known.find((candidate) => key.startsWith(candidate));
}

/** Levenshtein's distance. */
function edits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [column, candidate] of [...other].entries()) {
      next.push(
        Math.min(
          (row[column + 1] as number) + 1,
          (next[column] as number) + 1,
          (row[column] as number) + (letter === candidate ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row[other.length] as number;
}
