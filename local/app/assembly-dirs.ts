import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where the app is synthesized to: beside the assembly that is served, which it replaces once it is whole. */
export class AssemblyDirs {
  readonly served: string;
  readonly draft: string;
  readonly #old: string;

  constructor(stateDir: string) {
    this.served = join(stateDir, 'assembly');
    // Two runs in one checkout must not write over each other's drafts.
    this.draft = join(stateDir, `assembly.draft.${process.pid}`);
    this.#old = join(stateDir, `assembly.old.${process.pid}`);
  }

  /** An empty draft. */
  clear(): void {
    rmSync(this.draft, { recursive: true, force: true });
    mkdirSync(this.draft, { recursive: true });
  }

  /** Makes the draft the served assembly. Bundles that stayed the same keep their paths. */
  promote(): void {
    rmSync(this.#old, { recursive: true, force: true });
    try {
      renameSync(this.served, this.#old);
    } catch {
      // There was none yet.
    }
    renameSync(this.draft, this.served);
    rmSync(this.#old, { recursive: true, force: true });
  }

  discard(): void {
    rmSync(this.draft, { recursive: true, force: true });
  }
}
