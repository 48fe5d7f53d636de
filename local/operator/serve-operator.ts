import type { Api } from '../http/api.ts';
import { type ApiServer, serveApi } from '../http/server.ts';
import { UserError } from '../user-error.ts';
import { OPERATOR_BODY_LIMIT_BYTES } from './invoke-api.ts';

/** Where `npx tsx bin/ops.ts --local` looks. */
export const DEFAULT_OPERATOR_PORT = 3010;

/**
 * 0: any free one. `usual`: 3010, or any free one where something else has that, for it must not keep the gateway from
 * starting.
 */
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
