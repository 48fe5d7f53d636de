import { rotateKey } from './demo/keys.ts';
import { readIssuers } from './demo/known-issuers.ts';
import { mintToken } from './demo/mint.ts';
import { exitCodeOf, type Output } from './output.ts';
import { thisProject } from './project.ts';
import { parseTokenOptions, TOKEN_USAGE, type TokenCommand } from './token-options.ts';

/** The command of `npm run token`. */
export function tokenCommand(args: readonly string[], output: Output): Promise<0 | 1> {
  const { stateDir } = thisProject(process.env);
  return exitCodeOf(async () => {
    const command = parseTokenOptions(args, () => readIssuers(stateDir));
    output.out(command ? await mint(command, stateDir) : TOKEN_USAGE);
  }, output);
}

async function mint({ token, rotate }: TokenCommand, stateDir: string): Promise<string> {
  if (rotate) await rotateKey(stateDir, token.issuer, token.algorithm);
  return mintToken(stateDir, token, Date.now());
}
