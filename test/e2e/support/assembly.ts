import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentName } from '../../../lambdas/contract/documents.ts';
import { synthesize } from '../../../local/app/synthesize.ts';
import { thisProject } from '../../../local/project.ts';
import { systemCode } from '../../../local/user-error.ts';

export const PROJECT = thisProject({});

/** What the test files share, in the folder that git ignores anyway. */
const SHARED_DIR = join(PROJECT.stateDir, 'e2e');
/** Keys of the demo issuer: made once, for RSA takes its time. */
export const ISSUER_DIR = join(SHARED_DIR, 'issuer');

/** All that decides what the app synthesizes to. */
const SOURCES = ['bin', 'lib', 'lambdas', 'cdk.json', 'package-lock.json'];
const LOCK_EXPIRY_MS = 60_000;
const KEPT_MS = 10 * 60_000;

/**
 * The assembly of the app as it stands. Test files run in processes of their own, so it is kept under the hash of its
 * sources: the first one synthesizes, the others wait for it.
 */
export function synthesizedApp(): Promise<string> {
  return synthesizedOnce('', (outdir) => synthesize(PROJECT, outdir));
}

/**
 * @param variant what the app differs by; '' for the app as it is
 * @param synthesizeTo synthesizes it to a folder
 * @returns the folder, which is shared: nothing writes to it
 */
export async function synthesizedOnce(
  variant: string,
  synthesizeTo: (outdir: string) => Promise<void>,
): Promise<string> {
  const dir = join(SHARED_DIR, `assembly-${hashOf(SOURCES, variant)}`);
  const lock = `${dir}.lock`;
  mkdirSync(SHARED_DIR, { recursive: true });
  while (!existsSync(dir)) {
    if (acquire(lock)) await make(dir, lock, synthesizeTo);
    else await sleep(50);
  }
  // It is old once nothing has asked for it for a while.
  utimesSync(dir, new Date(), new Date());
  return dir;
}

async function make(dir: string, lock: string, synthesizeTo: (outdir: string) => Promise<void>): Promise<void> {
  const draft = mkdtempSync(join(SHARED_DIR, 'draft-'));
  try {
    removeOld();
    // Between the look and the lock another process may have finished.
    if (existsSync(dir)) return;
    await synthesizeTo(draft);
    renameSync(draft, dir);
  } finally {
    rmSync(draft, { recursive: true, force: true });
    rmSync(lock, { recursive: true, force: true });
  }
}

function acquire(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  // A killed process leaves its lock behind.
  if (ageMs(lock) > LOCK_EXPIRY_MS) rmSync(lock, { recursive: true, force: true });
  return false;
}

function removeOld(): void {
  const old = readdirSync(SHARED_DIR).filter((name) => /^(assembly|draft)-/.test(name) && !name.endsWith('.lock'));
  for (const name of old) {
    const path = join(SHARED_DIR, name);
    if (ageMs(path) > KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
}

function ageMs(path: string): number {
  const { mtimeMs = Date.now() } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return Date.now() - mtimeMs;
}

function hashOf(names: readonly string[], variant: string): string {
  const hash = createHash('sha256').update(variant);
  const add = (path: string): void => {
    hash.update(path);
    if (!statSync(path).isDirectory()) hash.update(readFileSync(path));
    else for (const name of readdirSync(path).toSorted()) add(join(path, name));
  };
  for (const name of names) add(join(PROJECT.dir, name));
  return hash.digest('hex').slice(0, 16);
}

/** Changes to the documents of an assembly's functions, by their names. */
export type Edits = { readonly [Name in DocumentName]?: (document: never) => void };

/** A copy of the app's assembly whose functions have other documents; what is not changed stays where it is. */
export async function editedApp(edits: Edits, dir: string): Promise<string> {
  const original = await synthesizedApp();
  mkdirSync(dir, { recursive: true });
  for (const name of readdirSync(original)) {
    const [from, to] = [join(original, name), join(dir, name)];
    if (statSync(from).isDirectory()) copyAsset(from, to, edits);
    else copyFileSync(from, to);
  }
  return dir;
}

function copyAsset(from: string, to: string, edits: Edits): void {
  mkdirSync(to);
  for (const file of readdirSync(from)) {
    const edit = edits[basename(file, '.json') as DocumentName];
    if (edit === undefined) symlinkSync(join(from, file), join(to, file));
    else writeFileSync(join(to, file), edited(readFileSync(join(from, file), 'utf8'), edit));
  }
}

function edited(json: string, edit: (document: never) => void): string {
  const document: unknown = JSON.parse(json);
  edit(document as never);
  return JSON.stringify(document);
}
