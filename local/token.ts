import { readIssuers } from './demo/known-issuers.ts';
import { mintToken } from './demo/mint.ts';
import { STATE_DIR } from './project.ts';
import { parseTokenOptions, TOKEN_USAGE } from './token-options.ts';
import { UserError } from './user-error.ts';

try {
  const options = parseTokenOptions(process.argv.slice(2), () => readIssuers(STATE_DIR));
  console.log(options ? await mintToken(STATE_DIR, options, Date.now()) : TOKEN_USAGE);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
