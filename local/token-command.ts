import { rotateKey } from './demo/keys.ts';
import { readIssuers } from './demo/known-issuers.ts';
import { mintToken } from './demo/mint.ts';
import { type Output, reportUserError } from './output.ts';
import { thisProject } from './project.ts';
import { parseTokenOptions, TOKEN_USAGE, type TokenCommand } from './token-options.ts';

/** Runs the command of `npm run token`. @returns the exit code */
export async function tokenCommand(args: readonly string[], { out, err }: Output): Promise<0 | 1> {
  const { stateDir } = thisProject(process.env);
  try {
    const command = parseTokenOptions(args, () => readIssuers(stateDir));
    out(command ? await mint(command, stateDir) : TOKEN_USAGE);
    return 0;
  } catch (error) {
    reportUserError(error, err);
    return 1;
  }
}

async function mint({ token, rotate }: TokenCommand, stateDir: string): Promise<string> {
  if (rotate) await rotateKey(stateDir, token.issuer, token.algorithm);
  return mintToken(stateDir, token, Date.now());
}
