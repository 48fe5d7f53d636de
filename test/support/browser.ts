import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** As the systems that have one call it; `npm run test:slow` installs the first. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Nothing but what the test asks for. */
const FLAGS = ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const WAIT_MS = 15_000;

export interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** The Chromium of this machine, with a profile of its own. */
export async function startBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'tollgate-browser-'));
  // Without its sandbox: it does not start for root with one, and only pages of the tests are opened.
  const options = { executablePath: programPath(), headless: true, chromiumSandbox: false, args: FLAGS };
  const context: BrowserContext = await chromium.launchPersistentContext(profile, options);
  // Before the test's own time is over, so that the error names what was waited for.
  context.setDefaultTimeout(WAIT_MS);
  return {
    newPage: () => context.newPage(),
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

function programPath(): string {
  const dirs = (process.env['PATH'] ?? '').split(delimiter);
  const paths = PROGRAMS.flatMap((program) => dirs.map((dir) => join(dir, program)));
  const path = paths.find(isExecutable);
  if (path === undefined)
    throw new Error(`none of ${PROGRAMS.join(', ')} is on the search path: run npm run test:slow, which installs one`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
