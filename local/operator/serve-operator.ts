import type { Api } from '../http/api.ts';
import { type ApiServer, serveApi } from '../http/server.ts';
import { UserError } from '../user-error.ts';
import { OPERATOR_BODY_LIMIT_BYTES } from './invoke-api.ts';

/** Default port of `npx tsx bin/ops.ts --local`. */
export const DEFAULT_OPERATOR_PORT = 3010;

/** 0: any free port. `usual`: 3010, or any free port if 3010 is taken: the gateway must start in any case. */
export type OperatorPort = number | 'usual';

export async function serveOperator(api: () => Api, port: OperatorPort): Promise<ApiServer> {
  const options = { option: '--operator-port', bodyLimitBytes: OPERATOR_BODY_LIMIT_BYTES };
  if (port !== 'usual') return serveApi(api, port, options);
  try {
    return await serveApi(api, DEFAULT_OPERATOR_PORT, options);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'port_busy') throw error;
    return serveApi(api, 0, options);
  }
}
