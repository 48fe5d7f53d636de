import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../user-error.ts';

/** Editors write a file in several steps, and a checkout writes many files. */
const DEBOUNCE_MS = 200;

/**
 * Calls `onChange` after sources under these folders were saved, one call at a time. A save during a call causes
 * another call. Returns a function that ends the watch.
 */
export function watchFolders(roots: readonly string[], onChange: () => Promise<void>): () => void {
  const call = debounced(onChange);
  const watcher = new DirectoryWatcher(roots, call.schedule);
  return () => {
    watcher.close();
    call.cancel();
  };
}

function debounced(work: () => Promise<void>): { readonly schedule: () => void; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const run = async () => {
    again = running;
    if (running) return;
    running = true;
    await work().finally(() => {
      running = false;
    });
    if (again) schedule();
  };
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), DEBOUNCE_MS);
  };
  return { schedule, cancel: () => clearTimeout(timer) };
}

/**
 * Watches each directory. Node's recursive watch on Linux watches each file. It loses a file that is replaced by one of
 * the same name. Many editors, sed and git replace files in this way.
 */
class DirectoryWatcher {
  readonly #roots: readonly string[];
  readonly #onSource: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(roots: readonly string[], onSource: () => void) {
    this.#roots = roots;
    this.#onSource = onSource;
    this.#sync();
  }

  close(): void {
    for (const dir of this.#watchers.keys()) this.#forget(dir);
  }

  /** Watches the directories that exist now; true: some are new. */
  #sync(): boolean {
    const dirs = new Set(this.#roots.flatMap(directoriesUnder));
    for (const dir of this.#watchers.keys()) if (!dirs.has(dir)) this.#forget(dir);
    const added = [...dirs].filter((dir) => !this.#watchers.has(dir));
    for (const dir of added) this.#watch(dir);
    return added.length > 0;
  }

  #watch(dir: string): void {
    const watcher = unlessGone(() => watch(dir, (_, file) => this.#changed(file)));
    if (!watcher) return;
    watcher.on('error', () => this.#forget(dir));
    this.#watchers.set(dir, watcher);
  }

  /** Files in a new directory may have been written before the watch began. */
  #changed(file: string | null): void {
    if (this.#sync() || file === null || isSource(file)) this.#onSource();
  }

  #forget(dir: string): void {
    this.#watchers.get(dir)?.close();
    this.#watchers.delete(dir);
  }
}

function directoriesUnder(root: string): readonly string[] {
  const entries = unlessGone(() => readdirSync(root, { recursive: true, withFileTypes: true }));
  if (!entries) return [];
  const directories = entries.filter((entry) => entry.isDirectory());
  return [root, ...directories.map(({ parentPath, name }) => join(parentPath, name))];
}

/** A directory may disappear while it is read. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Editors' swap and backup files are not sources. */
function isSource(name: string): boolean {
  return /\.(ts|js|mjs|cjs|json|lua)$/.test(name);
}
