import { readIssuers } from './demo/known-issuers.ts';
import { mintToken } from './demo/mint.ts';
import { thisProject } from './project.ts';
import { parseTokenOptions, TOKEN_USAGE } from './token-options.ts';
import { UserError } from './user-error.ts';

const { stateDir } = thisProject(process.env);

try {
  const options = parseTokenOptions(process.argv.slice(2), () => readIssuers(stateDir));
  console.log(options ? await mintToken(stateDir, options, Date.now()) : TOKEN_USAGE);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
