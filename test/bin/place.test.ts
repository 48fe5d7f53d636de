import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { placeOf } from '../../bin/place.ts';

const ROOT = join(import.meta.dirname, '../..');

function thrownBy(...frames: readonly string[]): Error {
  return Object.assign(new Error('no'), {
    stack: ['Error: no', ...frames.map((frame) => `    at ${frame}`)].join('\n'),
  });
}

const CHECK = `checkProps (${pathToFileURL(join(ROOT, 'lib/gateway/props/check-props.ts'))}:87:11)`;
const STACK = join(ROOT, 'lib/gateway-stack.ts');

describe('the place of an error', () => {
  it.each([
    ['a file URL', `new GatewayStack (${pathToFileURL(STACK)}:47:13)`],
    ['a path', `new GatewayStack (${STACK}:47:13)`],
    ['a module', `${pathToFileURL(STACK)}:47:13`],
  ])('is the line of the user’s files from which it came, told as %s', (_, frame) => {
    const app = `addStacks (${join(ROOT, 'lib/app.ts')}:28:3)`;
    expect(placeOf(thrownBy(CHECK, 'Array.forEach (<anonymous>)', frame, app))).toBe('lib/gateway-stack.ts:47');
  });

  it('is none where such a file has thrown itself, or was not on the way', () => {
    expect(placeOf(thrownBy(`environmentOf (${join(ROOT, 'lib/environments.ts')}:65:11)`))).toBeUndefined();
    expect(placeOf(thrownBy(CHECK, `other (${join(ROOT, 'node_modules/x/lib/app.ts')}:1:1)`))).toBeUndefined();
    expect(placeOf(thrownBy())).toBeUndefined();
  });
});
