import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

/** Editors write a file in several steps, and a checkout writes many files. */
const DEBOUNCE_MS = 200;

/**
 * Calls `onChange` after files under these folders were saved; never twice at once. What is saved during a call is told by
 * another call. Returns what ends it.
 */
export function watchFolders(dirs: readonly string[], onChange: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    await onChange();
    running = false;
    if (again) schedule();
    again = false;
  };
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), DEBOUNCE_MS);
  };
  const watchers = dirs.filter((dir) => existsSync(dir)).map((dir) => watchFolder(dir, schedule));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function watchFolder(dir: string, onChange: () => void): FSWatcher {
  return watch(dir, { recursive: true }, (_, file) => {
    if (file === null || isSource(join(dir, file))) onChange();
  });
}

/** Editors' swap and backup files are not sources. */
function isSource(path: string): boolean {
  return /\.(ts|js|mjs|cjs|json|lua)$/.test(path);
}
