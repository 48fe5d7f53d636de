import { rotateKey } from './demo/keys.ts';
import { readIssuers } from './demo/known-issuers.ts';
import { mintToken } from './demo/mint.ts';
import { thisProject } from './project.ts';
import { parseTokenOptions, TOKEN_USAGE, type TokenCommand } from './token-options.ts';
import { UserError } from './user-error.ts';

const { stateDir } = thisProject(process.env);

try {
  const command = parseTokenOptions(process.argv.slice(2), () => readIssuers(stateDir));
  console.log(command ? await mint(command) : TOKEN_USAGE);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

async function mint({ token, rotate }: TokenCommand): Promise<string> {
  if (rotate) await rotateKey(stateDir, token.issuer, token.algorithm);
  return mintToken(stateDir, token, Date.now());
}
