import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../user-error.ts';

/** The served assembly, and beside it the draft that replaces it once the synthesis is complete. */
export class AssemblyDirs {
  readonly served: string;
  readonly draft: string;
  readonly #stateDir: string;
  /** Names of the files in the last draft. */
  #names: ReadonlySet<string> = new Set();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.served = join(stateDir, 'assembly');
    // Two runs in one checkout must not write over each other's drafts.
    this.draft = join(stateDir, `assembly.draft.${process.pid}`);
  }

  /** Removes the drafts of processes that were killed. */
  sweep(): void {
    for (const name of namesIn(this.#stateDir)) {
      const [, pid] = /^assembly\.(?:draft|old)\.(\d+)$/.exec(name) ?? [];
      if (pid !== undefined && !isAlive(Number(pid))) remove(join(this.#stateDir, name));
    }
  }

  /** An empty draft. */
  clear(): void {
    remove(this.draft);
    mkdirSync(this.draft, { recursive: true });
  }

  /**
   * Makes the draft the served assembly. A bundle's name holds its hash: unchanged bundles are not touched. Old bundles
   * stay until `prune`, because functions that still run may load them at any time.
   */
  promote(): void {
    mkdirSync(this.served, { recursive: true });
    const names = namesIn(this.draft);
    for (const name of names) this.#move(name);
    this.#names = new Set(names);
    for (const name of namesIn(this.served)) {
      if (!isAsset(name) && !this.#names.has(name)) remove(join(this.served, name));
    }
    this.discard();
  }

  /** Removes bundles that the served assembly does not have: no function runs them any more. */
  prune(): void {
    for (const name of namesIn(this.served)) {
      if (isAsset(name) && !this.#names.has(name)) remove(join(this.served, name));
    }
  }

  discard(): void {
    remove(this.draft);
  }

  #move(name: string): void {
    const to = join(this.served, name);
    if (isAsset(name) && existsSync(to)) return;
    remove(to);
    renameSync(join(this.draft, name), to);
  }
}

function isAsset(name: string): boolean {
  return name.startsWith('asset.');
}

function namesIn(dir: string): readonly string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
