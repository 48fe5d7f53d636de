import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: (options: { readonly execution: 'async' }) => Promise<void> = runInNewContext('gc');

/** Bytes that this process holds and cannot let go of: objects, and the buffers outside of the heap. */
export async function heldBytes(): Promise<number> {
  // An asynchronous collection begins with an empty stack; what the first one found is given back by the second one.
  for (let turn = 0; turn < 2; turn += 1) await collectGarbage({ execution: 'async' });
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
