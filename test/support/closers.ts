import { afterEach } from 'vitest';

/** What a test opened, closed after it, the last first. To be called where the tests are described. */
export function closersOf(): (() => unknown)[] {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  return closers;
}
