import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT_ROOT = join(import.meta.dirname, '..');
/** A frame's file and line: `at f (file:///app/lib/gateway-stack.ts:47:13)`, `at new F (/app/lib/…:47:13)`. */
const FRAME = /(?:\(|\s)((?:file:\/\/)?\/[^\s()]+?\.ts):(\d+):\d+\)?$/;
/** The files that users edit; they call the rest of `lib`. */
const WRITTEN = /^lib\/(?:gateway-stack|foundation-stack|environments|app)\.ts$/;

/** `lib/gateway-stack.ts:47`, the place of the call that has thrown; undefined if no such file is in the stack. */
export function placeOf({ stack = '' }: Error): string | undefined {
  const frames = stack.split('\n').flatMap((line) => {
    const [, file = '', number = ''] = FRAME.exec(line) ?? [];
    if (file === '') return [];
    return [{ file: relative(PROJECT_ROOT, file.startsWith('file:') ? fileURLToPath(file) : file), number }];
  });
  const index = frames.findIndex(({ file }) => WRITTEN.test(file));
  // An error that such a file itself throws has a message of its own.
  if (index < 1) return undefined;
  return `${frames[index]?.file}:${frames[index]?.number}`;
}
