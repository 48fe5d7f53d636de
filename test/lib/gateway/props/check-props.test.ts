import { describe, expect, it } from 'vitest';
import {
  checkProps,
  DURATION,
  NUMBER,
  optional,
  type PropKinds,
  required,
  text,
} from '../../../../lib/gateway/props/check-props.ts';

interface Props {
  readonly name: string;
  readonly openForS?: number;
}

const KINDS = { name: required(text('a')), openForS: optional(NUMBER) } satisfies PropKinds<Props>;

describe('the check of props', () => {
  const check = (props: unknown) => () => checkProps(props as Props, KINDS);

  it.each([
    ['openFors', 'openForS'],
    ['OPENFORS', 'openForS'],
    ['openFor', 'openForS'],
    ['nam', 'name'],
    ['nameOfService', 'name'],
  ])('says that %s was meant to be %s', (key, near) => {
    expect(check({ name: 'a', [key]: 1 })).toThrow(`props must be among name, openForS, got "${key}": write ${near}`);
  });

  it.each(['x', 'window', 'no', '', '__proto'])('says no other name for %j, which is like none', (key) => {
    expect(check({ name: 'a', [key]: 1 })).toThrow(`got ${JSON.stringify(key)}: leave it out`);
  });

  it('takes an object without a prototype', () => {
    expect(check(Object.assign(Object.create(null), { name: 'a' }))).not.toThrow();
  });

  it('says what to write in place of a number that is text, and of what is none', () => {
    expect(check({ name: 'a', openForS: '30' })).toThrow(
      'openForS must be a number, got "30": write it without quotes',
    );
    expect(check({ name: 'a', openForS: true })).toThrow('openForS must be a number, got true: write a number like 2');
  });

  it('shows values that JSON has no words for', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(check({ name: circle })).toThrow('name must be a string, got an object: ');
    expect(check({ name: () => 'a' })).toThrow('name must be a string, got a function: ');
    expect(check({ name: new Map() })).toThrow('name must be a string, got an instance of Map: ');
    expect(check({ name: 1n })).toThrow('name must be a string, got 1: ');
  });

  it('has a kind for each prop and knows which are optional, or does not compile', () => {
    // @ts-expect-error a prop without a kind
    const missing = { name: required(text('a')) } satisfies PropKinds<Props>;
    // @ts-expect-error a kind without a prop
    const further = { ...KINDS, window: optional(DURATION) } satisfies Record<keyof Props, unknown>;
    // @ts-expect-error a required prop that would pass where it is left out
    const lax = { name: optional(text('a')), openForS: optional(NUMBER) } satisfies PropKinds<Props>;
    // @ts-expect-error an optional prop that nobody could leave out
    const strict = { name: required(text('a')), openForS: required(NUMBER) } satisfies PropKinds<Props>;
    expect([missing, further, lax, strict]).toHaveLength(4);
  });
});
