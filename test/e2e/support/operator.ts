import { createAsk } from '../../../bin/ops/operator-client.ts';
import type { KeyResult } from '../../../lambdas/contract/operations/key-operations.ts';
import type { Operation, OperationResult } from '../../../lambdas/contract/operations/operations.ts';
import type { RunningGateway } from '../../../local/running-gateway.ts';

/** Asks the operator function of a gateway that is served. */
export async function operate(running: RunningGateway, operation: Operation): Promise<OperationResult> {
  const operator = running.operator();
  if (operator === undefined) throw new Error('the gateway has no operator function');
  const { gateway, port: localPort, secret } = operator;
  return createAsk({ gateway, region: undefined, localPort }, { secretOf: () => secret })(operation);
}

/** A new API key, good for an hour. */
export async function createApiKey(running: RunningGateway, scopes: readonly string[] = []): Promise<KeyResult> {
  const owner = 'billing@example.com';
  const rest = { plan: '', tenant: '', roles: [], forMs: 3_600_000 };
  return keyResult(await operate(running, { action: 'create-key', owner, scopes, ...rest }));
}

/** A new secret of a key, beside which the former one is good for another minute. */
export async function rotateApiKey(running: RunningGateway, id: string): Promise<KeyResult> {
  return keyResult(await operate(running, { action: 'rotate-key', id, overlapMs: 60_000 }));
}

function keyResult(result: OperationResult): KeyResult {
  if (result.ok && 'secret' in result) return result;
  throw new Error(`no key was made: ${JSON.stringify(result)}`);
}
