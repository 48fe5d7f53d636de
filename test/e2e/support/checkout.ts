import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../../local/app/synthesize.ts';
import { PROJECT, synthesizedOnce } from './assembly.ts';

const STACK = 'lib/gateway-stack.ts';

/**
 * The assembly of the app whose stack has further lines at its end. It is synthesized in a checkout of its own, with the
 * packages of this one, and kept like that of the app.
 *
 * @param imports what those lines need besides, at the top of the stack's file
 */
export function appWith(lines: string, imports = ''): Promise<string> {
  return synthesizedOnce(imports + lines, (outdir) => synthesizeWith(lines, imports, outdir));
}

async function synthesizeWith(lines: string, imports: string, outdir: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-checkout-'));
  try {
    for (const name of ['bin', 'lib', 'lambdas', 'cdk.json', 'package.json', 'tsconfig.json']) {
      cpSync(join(PROJECT.dir, name), join(dir, name), { recursive: true });
    }
    symlinkSync(join(PROJECT.dir, 'node_modules'), join(dir, 'node_modules'));
    writeFileSync(join(dir, STACK), imports + withLines(readFileSync(join(dir, STACK), 'utf8'), lines));
    await synthesize({ dir, stateDir: join(dir, 'state') }, outdir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function withLines(stack: string, lines: string): string {
  const place = stack.indexOf('\n', stack.lastIndexOf(';', stack.lastIndexOf('\n  }\n'))) + 1;
  return stack.slice(0, place) + lines + stack.slice(place);
}
