import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../../local/app/synthesize.ts';
import { PROJECT } from './assembly.ts';

const STACK = 'lib/gateway-stack.ts';

export interface Checkout {
  readonly assemblyDir: string;
  remove(): void;
}

/**
 * A checkout of one's own, with the packages of this one, whose stack has further lines at its end; synthesized.
 *
 * @param imports what those lines need besides, at the top of the stack's file
 */
export async function checkoutWith(lines: string, imports = ''): Promise<Checkout> {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-checkout-'));
  for (const name of ['bin', 'lib', 'lambdas', 'cdk.json', 'package.json', 'tsconfig.json']) {
    cpSync(join(PROJECT.dir, name), join(dir, name), { recursive: true });
  }
  symlinkSync(join(PROJECT.dir, 'node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, STACK), imports + withLines(readFileSync(join(dir, STACK), 'utf8'), lines));
  const assemblyDir = join(dir, 'assembly');
  mkdirSync(assemblyDir);
  await synthesize({ dir, stateDir: join(dir, 'state') }, assemblyDir);
  return { assemblyDir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

function withLines(stack: string, lines: string): string {
  const place = stack.indexOf('\n', stack.lastIndexOf(';', stack.lastIndexOf('\n  }\n'))) + 1;
  return stack.slice(0, place) + lines + stack.slice(place);
}
